//! The whole pipeline on one page.
