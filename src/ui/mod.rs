//! Theme, widgets and panels: read the state, push commands.
