//! Address arithmetic for IPv4 and IPv6 prefixes, as Terraform's fork of Go's `net` package parses and prints them.

use super::row::FunctionError;
use num_bigint::{BigInt, Sign};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Why an address or prefix cannot be computed. The messages are those of the Go library.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PrefixError {
    /// A text that is not a prefix.
    #[error("invalid CIDR expression: invalid CIDR address: {0}")]
    NotAPrefix(String),
    /// A host number that is too large for the prefix.
    #[error("prefix of {length} does not accommodate a host numbered {number}")]
    HostOutOfRange {
        /// The prefix's length.
        length: u32,
        /// The host.
        number: BigInt,
    },
    /// A number that does not fit into an address.
    #[error("the {0} number is too large")]
    NumberTooLarge(&'static str),
    /// More bits than an address has.
    #[error("insufficient address space to extend prefix of {length} by {new_bits}")]
    NoSpace {
        /// The prefix's length.
        length: u32,
        /// The additional bits.
        new_bits: i64,
    },
    /// A subnet number that is too large for the additional bits.
    #[error("prefix extension of {new_bits} does not accommodate a subnet numbered {number}")]
    SubnetOutOfRange {
        /// The additional bits.
        new_bits: i64,
        /// The subnet.
        number: BigInt,
    },
    /// A negative number of additional bits.
    #[error("a prefix cannot be shortened by {0} bits")]
    Shortened(i64),
    /// A subnet as large as the prefix.
    #[error("must extend prefix by at least one bit")]
    NotExtended,
    /// More additional bits than the library allows.
    #[error("may not extend prefix by more than 32 bits")]
    ExtendedTooFar,
    /// More bits than an address has.
    #[error("would extend prefix to {length} bits, which is too long for an {protocol} address")]
    TooLong {
        /// The length that the prefix would have.
        length: u32,
        /// IPv4 or IPv6.
        protocol: &'static str,
    },
    /// Subnets that do not fit.
    #[error("not enough remaining address space for a subnet with a prefix of {0} bits")]
    Full(u32),
}

impl From<PrefixError> for FunctionError {
    fn from(error: PrefixError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// A prefix: the network's number, its length, and the width of an address in bits (32 or 128).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    pub address: u128,
    pub length: u32,
    pub width: u32,
}

impl Prefix {
    /// Parses `10.0.0.0/8`; bits after the prefix are cleared.
    pub(super) fn parse(text: &str) -> Result<Self, PrefixError> {
        let invalid = || PrefixError::NotAPrefix(text.to_owned());
        let (address, length) = text.split_once('/').ok_or_else(invalid)?;
        let (address, width) = parse_address(address).ok_or_else(invalid)?;
        if length.is_empty() || length.len() > 3 || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let length: u32 = length.parse().map_err(|_| invalid())?;
        if length > width {
            return Err(invalid());
        }
        Ok(Self { address: address & mask(length, width), length, width })
    }

    /// The address with this number in the prefix, counted from its end if negative.
    pub(super) fn host(self, number: &BigInt) -> Result<String, PrefixError> {
        let last_host = (BigInt::from(1) << (self.width - self.length)) - 1;
        let negative = number.sign() == Sign::Minus;
        // The library compares only the low 64 bits of the number, but inserts all of it.
        let (compared, inserted) = if negative {
            let back: BigInt = -number - 1;
            let inserted = &last_host - &back;
            (back, inserted)
        } else {
            (low_signed(number), number.clone())
        };
        if compared > last_host {
            return Err(PrefixError::HostOutOfRange { length: self.length, number: number.clone() });
        }
        // The library treats a mapped address as one of 32 bits here, and shifts the number beyond it.
        let shift = if self.is_mapped() { 96 } else { 0 };
        let address = insert(self.address, &inserted, shift, self.width).ok_or(PrefixError::NumberTooLarge("host"))?;
        Ok(print_address(address, self.width))
    }

    /// The subnet with this number among those that are `new_bits` longer.
    pub(super) fn subnet(self, new_bits: i64, number: &BigInt) -> Result<Self, PrefixError> {
        let length = i64::from(self.length).checked_add(new_bits).filter(|length| *length <= i64::from(self.width));
        let Some(length) = length else {
            return Err(PrefixError::NoSpace { length: self.length, new_bits });
        };
        let last_subnet = match u32::try_from(new_bits) {
            Ok(bits) if bits < 64 => (1_u64 << bits) - 1,
            _ => u64::MAX,
        };
        if low_magnitude(number) > last_subnet {
            return Err(PrefixError::SubnetOutOfRange { new_bits, number: number.clone() });
        }
        let length = u32::try_from(length).map_err(|_| PrefixError::Shortened(new_bits))?;
        let address = insert(self.address, number, self.width - length, self.width).ok_or(PrefixError::NumberTooLarge("subnet"))?;
        Ok(Self { address, length, width: self.width })
    }

    /// Consecutive subnets, each longer by the given number of bits.
    pub(super) fn subnets(self, new_bits: &[i64]) -> Result<Vec<Self>, PrefixError> {
        let mut found: Vec<Self> = Vec::with_capacity(new_bits.len());
        // Where the next subnet may begin; `None` if the address space is used up. The library first steps back by one address, and treats
        // the wrap-around from address zero as the end. From an IPv6 prefix that it takes for an IPv4 one, it cannot step forward again.
        let mut start = (self.address > 0 && !self.is_mapped()).then_some(self.address);
        for bits in new_bits {
            if *bits < 1 {
                return Err(PrefixError::NotExtended);
            }
            let bits = u32::try_from(*bits).ok().filter(|bits| *bits <= 32).ok_or(PrefixError::ExtendedTooFar)?;
            let length = self.length + bits;
            if length > self.width {
                let protocol = if self.width == 32 { "IPv4" } else { "IPv6" };
                return Err(PrefixError::TooLong { length, protocol });
            }
            let full = || PrefixError::Full(length);
            let hosts = !mask(length, self.width) & mask(self.width, self.width);
            // Rounded up to the next address where a subnet of this size may begin.
            let address =
                start.and_then(|start| if start & hosts == 0 { Some(start) } else { (start | hosts).checked_add(1) }).ok_or_else(full)?;
            let next = Self { address, length, width: self.width };
            if !self.contains(address) {
                return Err(full());
            }
            start = (address | hosts).checked_add(1);
            found.push(next);
        }
        Ok(found)
    }

    /// Whether it is an IPv6 prefix that Go treats as an IPv4 one (`::ffff:10.0.0.0/104`).
    pub(super) fn is_mapped(self) -> bool {
        self.width == 128 && is_mapped(self.address)
    }

    /// Whether an address is in the prefix.
    pub(super) fn contains(self, address: u128) -> bool {
        address & mask(self.length, self.width) == self.address && address <= mask(self.width, self.width)
    }

    /// The last address of the prefix.
    pub(super) fn last(self) -> u128 {
        self.address | (!mask(self.length, self.width) & mask(self.width, self.width))
    }

    /// The netmask in dotted form.
    pub(super) fn netmask(self) -> String {
        print_address(mask(self.length, self.width), self.width)
    }

    /// `10.0.0.0/8`.
    pub(super) fn print(self) -> String {
        let length = if self.is_mapped() { self.length.saturating_sub(96) } else { self.length };
        format!("{}/{length}", print_address(self.address, self.width))
    }
}

/// Parses an address: its number and its width in bits. Octets may have leading zeros, which Go no longer allows but Terraform does.
pub(super) fn parse_address(text: &str) -> Option<(u128, u32)> {
    if !text.contains(':') {
        return parse_v4(text).map(|address| (u128::from(address), 32));
    }
    // An IPv4 address at the end of an IPv6 address may have leading zeros too.
    let normalized = match text.rsplit_once(':') {
        Some((front, back)) if back.contains('.') => format!("{front}:{}", Ipv4Addr::from(parse_v4(back)?)),
        _ => text.to_owned(),
    };
    normalized.parse::<Ipv6Addr>().ok().map(|address| (u128::from(address), 128))
}

fn parse_v4(text: &str) -> Option<u32> {
    let mut address: u32 = 0;
    let mut parts = 0;
    for part in text.split('.') {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = part.trim_start_matches('0');
        let octet: u8 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        address = (address << 8) | u32::from(octet);
        parts += 1;
    }
    (parts == 4).then_some(address)
}

fn print_address(address: u128, width: u32) -> String {
    let low = u32::try_from(address & u128::from(u32::MAX)).unwrap_or(0);
    if width == 32 {
        return Ipv4Addr::from(low).to_string();
    }
    // Go prints an IPv4-mapped address as the IPv4 address.
    if is_mapped(address) { Ipv4Addr::from(low).to_string() } else { Ipv6Addr::from(address).to_string() }
}

/// Whether an IPv6 address is an IPv4-mapped one: `::ffff:10.0.0.1`.
fn is_mapped(address: u128) -> bool {
    address >> 32 == 0xffff
}

/// The mask of a prefix, in the low `width` bits.
fn mask(length: u32, width: u32) -> u128 {
    let all = if width == 128 { u128::MAX } else { (1 << width) - 1 };
    let hosts = width - length.min(width);
    if hosts >= 128 { 0 } else { (all >> hosts) << hosts }
}

/// Combines an address with a shifted number; `None` if the result does not fit.
fn insert(address: u128, number: &BigInt, shift: u32, width: u32) -> Option<u128> {
    let all: BigInt = BigInt::from(address) | (number << shift);
    let (_, magnitude) = all.into_parts();
    let magnitude = u128::try_from(magnitude).ok()?;
    (magnitude <= mask(width, width)).then_some(magnitude)
}

/// The low 64 bits of an integer's magnitude.
fn low_magnitude(number: &BigInt) -> u64 {
    number.magnitude().iter_u64_digits().next().unwrap_or(0)
}

/// The result of Go's `big.Int.Int64` for a number that may be too large for it.
fn low_signed(number: &BigInt) -> BigInt {
    BigInt::from(low_magnitude(number).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_are_consecutive_and_do_not_overlap() -> Result<(), PrefixError> {
        let prefix = Prefix::parse("10.1.2.3/16")?;
        let printed: Vec<_> = prefix.subnets(&[4, 8, 4])?.into_iter().map(Prefix::print).collect();
        assert_eq!(printed, ["10.1.0.0/20", "10.1.16.0/24", "10.1.32.0/20"]);
        assert!(prefix.subnets(&[1, 1, 1]).is_err());
        assert_eq!(prefix.host(&BigInt::from(-2))?, "10.1.255.254");
        assert_eq!(Prefix::parse("fd00:fd12:3456:7890::/56")?.subnet(16, &BigInt::from(162))?.print(), "fd00:fd12:3456:7800:a200::/72");
        Ok(())
    }
}
