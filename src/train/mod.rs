//! Training recipes, data readers and loops; measuring a finished model.
