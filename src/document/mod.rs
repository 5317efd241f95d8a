//! Recipes and what is written to files: plain data.
