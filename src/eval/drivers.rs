//! What changes a value from run to run although the configuration does not change: time.

/// A set of drivers. They are part of a value's marks, so that whatever is made of a value depends on what the value depends on; only the
/// unknown parts of a value change in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Drivers(u32);

impl Drivers {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// `plantimestamp()`, the only one that Terraform knows while it plans.
    pub const PLAN_TIME: Self = Self(1);
    /// `timestamp()`.
    pub const RUN_TIME: Self = Self(1 << 1);
    /// `uuid()`, another value on every run.
    pub const UUID: Self = Self(1 << 2);
    /// How many resources are reported apart; the last one is any other.
    pub const MAX_RESOURCES: usize = 29;

    const FUNCTIONS: usize = 3;

    /// The resource with this number.
    #[must_use]
    pub fn resource(number: usize) -> Self {
        Self(1 << (Self::FUNCTIONS + number.min(Self::MAX_RESOURCES - 1)))
    }

    /// The numbers of the resources among them.
    pub fn resources(self) -> impl Iterator<Item = usize> {
        (0..Self::MAX_RESOURCES).filter(move |number| self.contains(Self::resource(*number)))
    }

    /// Those of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in the other set.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of the other set are in this one.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}
