//! Application state, the one command enum, dispatch, undo, notifications.
