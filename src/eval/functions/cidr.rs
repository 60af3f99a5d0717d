//! Functions for network prefixes.

use super::network::{Prefix, parse_address};
use super::row::{
    BOOL, BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Returns, STRING, TypeSpec, integer, number, string, text,
};
use crate::eval::{Num, Value};
use num_bigint::BigInt;

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("cidrhost", &[string("prefix"), number("hostnum")], STRING, FunctionBody::Values(host)),
    BuiltIn::new("cidrnetmask", &[string("prefix")], STRING, FunctionBody::Values(netmask)),
    BuiltIn::new("cidrsubnet", &[string("prefix"), number("newbits"), number("netnum")], STRING, FunctionBody::Values(subnet)),
    BuiltIn::new("cidrsubnets", &[string("prefix")], Returns::Always(TypeSpec::Strings), FunctionBody::Values(subnets))
        .rest(number("newbits")),
    BuiltIn::new("cidrcontains", &[string("containing_prefix"), string("contained_ip_or_prefix")], BOOL, FunctionBody::Values(contains))
        .opentofu(),
];

fn big(value: &Value) -> Result<BigInt, FunctionError> {
    value.as_number().and_then(Num::to_big).ok_or_else(|| FunctionError::from("value must be a whole number"))
}

fn host(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [prefix, number, ..] = args else { return Err(FunctionError::arity()) };
    let number = big(number)?;
    Ok(Value::string(Prefix::parse(text(prefix))?.host(&number)?))
}

fn netmask(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [prefix, ..] = args else { return Err(FunctionError::arity()) };
    let parsed = Prefix::parse(text(prefix))?;
    if parsed.width != 32 && !parsed.is_mapped() {
        return Err(format!("IPv6 addresses cannot have a netmask: {}", text(prefix)).into());
    }
    Ok(Value::string(parsed.netmask()))
}

fn subnet(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [prefix, bits, number, ..] = args else { return Err(FunctionError::arity()) };
    let (bits, number) = (integer(bits)?, big(number)?);
    Ok(Value::string(Prefix::parse(text(prefix))?.subnet(bits, &number)?.print()))
}

fn subnets(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [prefix, bits @ ..] = args else { return Err(FunctionError::arity()) };
    let prefix = Prefix::parse(text(prefix))?;
    call.pay(bits.len())?;
    let bits = bits.iter().map(integer).collect::<Result<Vec<_>, _>>()?;
    let subnets = prefix.subnets(&bits)?.into_iter().map(|subnet| Value::string(subnet.print())).collect();
    Ok(Value::list(call.element(), subnets))
}

fn contains(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [outer, inner, ..] = args else { return Err(FunctionError::arity()) };
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
