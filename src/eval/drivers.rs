//! What makes a value change from run to run although the configuration stays the same: time.

/// A set of drivers: sources of change over time. They are part of a value's marks, so that everything computed from a value has its
/// drivers too. Only the unknown parts of a value change over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Drivers(u32);

impl Drivers {
    /// The empty set.
    pub const NONE: Self = Self(0);
    /// `plantimestamp()`, the only one that Terraform knows during planning.
    pub const PLAN_TIME: Self = Self(1);
    /// `timestamp()`.
    pub const RUN_TIME: Self = Self(1 << 1);
    /// `uuid()`, a new value on every run.
    pub const UUID: Self = Self(1 << 2);
    /// The number of resources that are distinguished; the last number is shared by all further ones.
    pub const MAX_RESOURCES: usize = 29;

    const FUNCTIONS: usize = 3;

    /// The resource with this number.
    #[must_use]
    pub fn resource(number: usize) -> Self {
        Self(1 << (Self::FUNCTIONS + number.min(Self::MAX_RESOURCES - 1)))
    }

    /// The numbers of the resources in the set.
    pub fn resources(self) -> impl Iterator<Item = usize> {
        (0..Self::MAX_RESOURCES).filter(move |number| self.contains(Self::resource(*number)))
    }

    /// The drivers in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The drivers in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The drivers that are not in the other set.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the other set is a subset of this one.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}
