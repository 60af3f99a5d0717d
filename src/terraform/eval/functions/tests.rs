//! The tables as a whole, and what the caller settles.

use super::*;
