//! Functions on network prefixes.

use super::network::{Prefix, parse_address};
use super::row::{BOOL, Body, Call, Function, Outcome, Returns, STRING, Trouble, Want, number, string, text, whole};
use crate::eval::{Num, Value};
use num_bigint::BigInt;

pub(super) const TABLE: &[Function] = &[
    Function::new("cidrhost", &[string("prefix"), number("hostnum")], STRING, Body::Values(host)),
    Function::new("cidrnetmask", &[string("prefix")], STRING, Body::Values(netmask)),
    Function::new("cidrsubnet", &[string("prefix"), number("newbits"), number("netnum")], STRING, Body::Values(subnet)),
    Function::new("cidrsubnets", &[string("prefix")], Returns::Always(Want::Strings), Body::Values(subnets)).rest(number("newbits")),
    Function::new("cidrcontains", &[string("containing_prefix"), string("contained_ip_or_prefix")], BOOL, Body::Values(contains))
        .opentofu(),
];

fn big(value: &Value) -> Result<BigInt, Trouble> {
    value.as_number().and_then(Num::to_big).ok_or_else(|| Trouble::from("value must be a whole number"))
}

fn host(_: &Call<'_>, args: &[Value]) -> Outcome {
    let [prefix, number, ..] = args else { return Err(Trouble::arity()) };
    let number = big(number)?;
    Ok(Value::string(Prefix::parse(text(prefix))?.host(&number)?))
}

fn netmask(_: &Call<'_>, args: &[Value]) -> Outcome {
    let [prefix, ..] = args else { return Err(Trouble::arity()) };
    let parsed = Prefix::parse(text(prefix))?;
    if parsed.width != 32 && !parsed.is_mapped() {
        return Err(format!("IPv6 addresses cannot have a netmask: {}", text(prefix)).into());
    }
    Ok(Value::string(parsed.netmask()))
}

fn subnet(_: &Call<'_>, args: &[Value]) -> Outcome {
    let [prefix, bits, number, ..] = args else { return Err(Trouble::arity()) };
    let (bits, number) = (whole(bits)?, big(number)?);
    Ok(Value::string(Prefix::parse(text(prefix))?.subnet(bits, &number)?.print()))
}

fn subnets(call: &Call<'_>, args: &[Value]) -> Outcome {
    let [prefix, bits @ ..] = args else { return Err(Trouble::arity()) };
    let prefix = Prefix::parse(text(prefix))?;
    call.pay(bits.len())?;
    let bits = bits.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
    let subnets = prefix.subnets(&bits)?.into_iter().map(|subnet| Value::string(subnet.print())).collect();
    Ok(Value::list(call.element(), subnets))
}

fn contains(_: &Call<'_>, args: &[Value]) -> Outcome {
    let [outer, inner, ..] = args else { return Err(Trouble::arity()) };
    let (outer, inner) = (Prefix::parse(text(outer))?, text(inner));
    let (first, last, width) = match parse_address(inner) {
        Some((address, width)) => (address, address, width),
        None => {
            let inner = Prefix::parse(inner)?;
            (inner.address, inner.last(), inner.width)
        }
    };
    if width != outer.width {
        return Err("address families must match".into());
    }
    Ok(Value::bool(outer.contains(first) && outer.contains(last)))
}
