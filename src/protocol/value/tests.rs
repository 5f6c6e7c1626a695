//! The bytes that core writes, and what becomes of them here.

use proptest::prelude::*;

use super::*;
use crate::schema::{Attribute, NestedBlock, Presence};
use crate::value::{Number, Type, Unknown};

fn attribute(name: &'static str, ty: Type) -> Attribute {
    Attribute {
        name,
        ty,
        presence: Presence::Optional,
        sensitive: false,
        description: String::new(),
        default: None,
        rules: Vec::new(),
    }
}

fn only(ty: Type) -> Block {
    Block { attributes: vec![attribute("a", ty)], ..Block::default() }
}

/// The bytes of an object whose one attribute `a` has these bytes.
fn around(inner: &[u8]) -> Vec<u8> {
    [&[0x81, 0xa1, b'a'], inner].concat()
}

fn object(inner: Value) -> Value {
    Value::Map([("a".to_owned(), inner)].into())
}

fn list_of(element: Type) -> Type {
    Type::List(Box::new(element))
}

fn set_of(element: Type) -> Type {
    Type::Set(Box::new(element))
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn string_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmp::encode::write_str(&mut bytes, text).unwrap();
    bytes
}

#[track_caller]
fn both_ways(ty: Type, bytes: &[u8], value: &Value) {
    let (block, bytes) = (only(ty), around(bytes));
    assert_eq!(from_msgpack(&block, &bytes).unwrap(), object(value.clone()));
    assert_eq!(to_msgpack(&block, &object(value.clone())).unwrap(), bytes);
}

#[track_caller]
fn read_only(ty: Type, bytes: &[u8], value: Value) {
    assert_eq!(from_msgpack(&only(ty), &around(bytes)).unwrap(), object(value));
}

#[test]
fn numbers_keep_every_digit_and_whole_ones_the_precision_of_a_stored_state() {
    for text in ["0", "127", "-1", "65536", "9007199254740993", "-9223372036854775808", "18446744073709551616"] {
        both_ways(Type::Number, &string_bytes(text), &number(text));
    }
    for (text, bytes) in [
        ("1.5", vec![0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]),
        ("-0.25", vec![0xcb, 0xbf, 0xd0, 0, 0, 0, 0, 0, 0]),
        ("0.1", string_bytes("0.1")),
        ("3.14159265358979323846", string_bytes("3.14159265358979323846")),
    ] {
        both_ways(Type::Number, &bytes, &number(text));
    }
    let huge = format!("1{}", "0".repeat(400));
    both_ways(Type::Number, &string_bytes(&huge), &number("1e400"));
}

#[test]
fn numbers_are_read_in_every_width() {
    for (bytes, text) in [
        (vec![0x00], "0"),
        (vec![0x7f], "127"),
        (vec![0xff], "-1"),
        (vec![0xcc, 0x80], "128"),
        (vec![0xd0, 0xdf], "-33"),
        (vec![0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1], "9007199254740993"),
        (vec![0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], "-9223372036854775808"),
        (vec![0xcd, 0, 7], "7"),
        (vec![0xce, 0, 0, 0, 7], "7"),
        (vec![0xcf, 0, 0, 0, 0, 0, 0, 0, 7], "7"),
        (vec![0xcf, 255, 255, 255, 255, 255, 255, 255, 255], "18446744073709551615"),
        (vec![0xd0, 0xf9], "-7"),
        (vec![0xd1, 0xff, 0xf9], "-7"),
        (vec![0xd2, 0xff, 0xff, 0xff, 0xf9], "-7"),
        (vec![0xd3, 255, 255, 255, 255, 255, 255, 255, 0xf9], "-7"),
        (vec![0xca, 0x3f, 0xc0, 0, 0], "1.5"),
        (vec![0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0], "2"),
        (vec![0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0], "0"),
        (string_bytes("1e3"), "1000"),
    ] {
        read_only(Type::Number, &bytes, number(text));
    }
    let infinity = around(&[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]);
    assert!(from_msgpack(&only(Type::Number), &infinity).unwrap_err().problem.contains("infinity"));
}

#[test]
fn a_float_that_is_no_short_decimal_comes_back_bit_by_bit() {
    let bytes = [&[0xcb][..], &0.1_f64.to_be_bytes()].concat();
    let block = only(Type::Number);
    let value = from_msgpack(&block, &around(&bytes)).unwrap();
    assert_ne!(value, object(number("0.1")), "the float is not the decimal");
    assert_eq!(to_msgpack(&block, &value).unwrap(), around(&bytes));
}

#[test]
fn strings_are_in_nfc_both_ways() {
    read_only(Type::String, &string_bytes("e\u{301}"), Value::from("\u{e9}"));
    let written = to_msgpack(&only(Type::String), &object(Value::from("e\u{301}"))).unwrap();
    assert_eq!(written, around(&string_bytes("\u{e9}")));
    assert!(from_msgpack(&only(Type::String), &around(&[0xa1, 0xff])).is_err(), "not UTF-8");
}

#[test]
fn null_and_empty_are_different() {
    for ty in [list_of(Type::String), set_of(Type::String)] {
        both_ways(ty.clone(), &[0xc0], &Value::Null);
        both_ways(ty, &[0x90], &Value::List(Vec::new()));
    }
    let map = Type::Map(Box::new(Type::String));
    both_ways(map.clone(), &[0xc0], &Value::Null);
    both_ways(map, &[0x80], &Value::Map(BTreeMap::new()));
    both_ways(Type::Bool, &[0xc3], &Value::Bool(true));
}

#[test]
fn unknown_stands_at_every_level() {
    let unknown = [0xd4, 0, 0];
    both_ways(Type::String, &unknown, &Value::UNKNOWN);
    both_ways(list_of(Type::String), &unknown, &Value::UNKNOWN);
    both_ways(list_of(Type::String), &[0x91, 0xd4, 0, 0], &Value::List(vec![Value::UNKNOWN]));
    let entry = Value::Map([("k".to_owned(), Value::UNKNOWN)].into());
    both_ways(Type::Map(Box::new(Type::String)), &[0x81, 0xa1, b'k', 0xd4, 0, 0], &entry);
    for bytes in [vec![0xc7, 0, 0], vec![0xc7, 0, 12], vec![0xc7, 1, 12, 0x80], vec![0xd4, 99, 1], vec![0xd5, 5, 1, 2]]
    {
        read_only(Type::String, &bytes, Value::UNKNOWN);
    }
}

#[test]
fn refined_unknowns_come_back_bit_by_bit() {
    for payload in [
        vec![0x81, 1, 0xc2],
        vec![0x82, 1, 0xc2, 2, 0xa4, b'p', b'r', b'e', b'-'],
        vec![0x81, 3, 0x92, 1, 0xc3],
        vec![0x81, 4, 0x92, 9, 0xc2],
        vec![0x81, 5, 1],
        vec![0x81, 6, 4],
        vec![0x81, 99, 0xc0],
    ] {
        let mut bytes = Vec::new();
        rmp::encode::write_ext_meta(&mut bytes, u32::try_from(payload.len()).unwrap(), 12).unwrap();
        bytes.extend_from_slice(&payload);
        both_ways(Type::String, &bytes, &Value::Unknown(Unknown { refinement: Some(payload) }));
    }
}

#[test]
fn sets_are_written_sorted_and_read_without_doubles() {
    let given = Value::List(vec!["b".into(), Value::Null, "a".into(), "b".into()]);
    let sorted = Value::List(vec!["a".into(), "b".into(), Value::Null]);
    let bytes = [0x93, 0xa1, b'a', 0xa1, b'b', 0xc0];
    assert_eq!(to_msgpack(&only(set_of(Type::String)), &object(given)).unwrap(), around(&bytes));
    read_only(set_of(Type::String), &[0x94, 0xa1, b'b', 0xc0, 0xa1, b'b', 0xa1, b'a'], sorted);
}

fn with_blocks() -> Block {
    let inner = Block { attributes: vec![attribute("port", Type::Number)], ..Block::default() };
    let nested = |name, nesting| NestedBlock { name, nesting, block: inner.clone() };
    Block {
        attributes: vec![attribute("name", Type::String), attribute("id", Type::String)],
        blocks: vec![
            nested("timeouts", Nesting::Single),
            nested("rule", Nesting::List),
            nested("listener", Nesting::Set),
        ],
        ..Block::default()
    }
}

#[test]
fn what_is_missing_is_written_anyway() {
    let written = to_msgpack(&with_blocks(), &Value::Map(BTreeMap::new())).unwrap();
    let read = from_msgpack(&with_blocks(), &written).unwrap();
    assert_eq!(read, empty(&with_blocks()));
    assert_eq!(written.first(), Some(&0x85), "five keys, never the empty map that core takes for another type");
    assert!(read.get("timeouts").is_null());
    assert_eq!(read.get("rule"), &Value::List(Vec::new()));
    assert_eq!(read.get("listener"), &Value::List(Vec::new()));
}

#[test]
fn null_repeated_blocks_become_empty_at_every_depth() {
    let outer = Block {
        blocks: vec![NestedBlock { name: "outer", nesting: Nesting::Set, block: with_blocks() }],
        ..Block::default()
    };
    let element = Value::Map([("rule".to_owned(), Value::Null)].into());
    let value = Value::Map([("outer".to_owned(), Value::List(vec![element]))].into());
    let read = from_msgpack(&outer, &to_msgpack(&outer, &value).unwrap()).unwrap();
    assert_eq!(read.get("outer").as_list().unwrap()[0], empty(&with_blocks()));
}

#[test]
fn a_whole_block_container_may_be_unknown() {
    let mut value = empty(&with_blocks());
    if let Value::Map(entries) = &mut value {
        entries.insert("listener".to_owned(), Value::UNKNOWN);
        entries.insert("rule".to_owned(), Value::List(vec![Value::UNKNOWN]));
    }
    let read = from_msgpack(&with_blocks(), &to_msgpack(&with_blocks(), &value).unwrap()).unwrap();
    assert_eq!(read, value);
}

#[test]
fn objects_must_have_exactly_their_attributes() {
    let block = only(Type::String);
    for (bytes, problem) in [
        (vec![0x80], "attribute \"a\" is missing"),
        (vec![0x82, 0xa1, b'a', 0xc0, 0xa1, b'x', 0xc0], "unsupported attribute \"x\""),
        (vec![0x81, 0xa1, b'a', 0xc3], "a: a string is required"),
        (vec![0x81, 0xa1, b'a', 0xa5, b'x'], "a: the value ends in the middle"),
        (vec![0xc0, 0xc0], "there are bytes after the end of the value"),
        (vec![0xdf, 255, 255, 255, 255], "the value ends in the middle"),
        (vec![], "the value ends in the middle"),
    ] {
        assert_eq!(from_msgpack(&block, &bytes).unwrap_err().to_string(), problem);
    }
}

#[test]
fn what_does_not_fit_is_refused_or_left_out_but_never_loses_the_rest() {
    let block = with_blocks();
    let mut value = empty(&block);
    if let Value::Map(entries) = &mut value {
        entries.insert("id".to_owned(), "vpce-1".into());
        entries.insert("name".to_owned(), Value::Bool(true));
        entries.insert("rule".to_owned(), Value::UNKNOWN);
        entries.insert("surprise".to_owned(), Value::Null);
    }
    let refused = to_msgpack(&block, &value).unwrap_err();
    assert_eq!(refused.to_string(), "unsupported attribute \"surprise\"");
    let salvaged = to_msgpack_salvaging(&block, &value);
    let problems: Vec<_> = salvaged.misfits.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        ["unsupported attribute \"surprise\"", "name: a string is required, not a bool", "rule: is still unknown"]
    );
    let read = from_msgpack(&block, &salvaged.msgpack).unwrap();
    assert_eq!(read.get("id"), &Value::from("vpce-1"));
    assert!(read.get("name").is_null());
}

#[test]
fn a_message_without_value_is_null_and_msgpack_wins_over_json() {
    let block = only(Type::String);
    assert_eq!(from_dynamic(&block, None).unwrap(), Value::Null);
    assert_eq!(from_dynamic(&block, Some(&DynamicValue::default())).unwrap(), Value::Null);
    let json = DynamicValue { json: r#"{"a":"j"}"#.into(), ..DynamicValue::default() };
    assert_eq!(from_dynamic(&block, Some(&json)).unwrap(), object("j".into()));
    let both = DynamicValue { msgpack: around(&[0xa1, b'm']).into(), ..json };
    assert_eq!(from_dynamic(&block, Some(&both)).unwrap(), object("m".into()));
}

#[test]
fn stored_states_are_read_leniently_and_exactly() {
    let state = r#"{"name":"e\u0301","gone":{"x":1},"timeouts":{"port":18446744073709551616,"old":1},"rule":null,
        "listener":[{"port":0.1},{"port":"5"},{"port":0.10}]}"#;
    let read = from_json(&with_blocks(), &serde_json::from_str(state).unwrap()).unwrap();
    assert_eq!(read.get("name"), &Value::from("\u{e9}"));
    assert!(read.get("id").is_null());
    assert_eq!(read.get("timeouts").get("port"), &number("18446744073709551616"));
    assert_eq!(read.get("rule"), &Value::List(Vec::new()));
    let ports: Vec<_> = read.get("listener").as_list().unwrap().iter().map(|item| item.get("port").clone()).collect();
    assert_eq!(ports, [number("0.1"), number("5")], "equal elements fall together");
    let error = from_json(&with_blocks(), &serde_json::json!({"rule": [{"port": []}]})).unwrap_err();
    assert_eq!(error.to_string(), "rule[0].port: a number is required");
}

#[test]
fn stored_states_are_written_with_every_attribute_and_digit() {
    let value = Value::Map(
        [(
            "listener".to_owned(),
            Value::List(vec![Value::Map([("port".to_owned(), number("3.14159265358979323846"))].into())]),
        )]
        .into(),
    );
    assert_eq!(
        to_json(&with_blocks(), &value).unwrap().to_string(),
        r#"{"id":null,"listener":[{"port":3.14159265358979323846}],"name":null,"rule":[],"timeouts":null}"#
    );
    assert!(to_json(&with_blocks(), &Value::Map([("id".to_owned(), Value::UNKNOWN)].into())).is_err());
}

fn any_type() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![Just(Type::String), Just(Type::Number), Just(Type::Bool)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(list_of),
            inner.clone().prop_map(set_of),
            inner.clone().prop_map(|element| Type::Map(Box::new(element))),
            prop::collection::btree_map("[a-z]{1,3}", inner, 1..4).prop_map(Type::Object),
        ]
    })
}

fn any_value(ty: &Type) -> BoxedStrategy<Value> {
    let known = match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::String => any::<String>().prop_map(|text| Value::String(nfc(&text))).boxed(),
        Type::Number => prop_oneof![
            any::<i64>().prop_map(Value::from),
            "-?[0-9]{1,30}(\\.[0-9]{1,30})?".prop_map(|text| number(&text)),
            any::<f32>()
                .prop_filter("finite", |float| float.is_finite())
                .prop_map(|float| { number(&exact(f64::from(float))) }),
        ]
        .boxed(),
        Type::List(element) | Type::Set(element) => {
            prop::collection::vec(any_value(element), 0..4).prop_map(Value::List).boxed()
        }
        Type::Map(element) => {
            prop::collection::btree_map("[a-z]{0,3}", any_value(element), 0..4).prop_map(Value::Map).boxed()
        }
        Type::Object(attributes) => attributes
            .iter()
            .map(|(name, ty)| (Just(name.clone()), any_value(ty)))
            .collect::<Vec<_>>()
            .prop_map(|entries| Value::Map(entries.into_iter().collect()))
            .boxed(),
    };
    prop_oneof![8 => known, 1 => Just(Value::Null), 1 => Just(Value::UNKNOWN)].boxed()
}

fn exact(float: f64) -> String {
    write::exact_decimal(float)
}

fn typed_value() -> impl Strategy<Value = (Type, Value)> {
    any_type().prop_flat_map(|ty| (Just(ty.clone()), any_value(&ty)))
}

proptest! {
    #[test]
    fn every_value_survives_the_wire((ty, value) in typed_value()) {
        let block = only(ty.clone());
        let value = object(value.sorted(&ty));
        let bytes = to_msgpack(&block, &value).unwrap();
        prop_assert_eq!(&from_msgpack(&block, &bytes).unwrap(), &value);
        prop_assert_eq!(to_msgpack(&block, &value).unwrap(), bytes);
    }

    #[test]
    fn every_known_value_survives_the_state((ty, value) in typed_value()) {
        let block = only(ty.clone());
        let value = object(value.sorted(&ty));
        match to_json(&block, &value) {
            Ok(json) => prop_assert_eq!(from_json(&block, &json).unwrap(), value),
            Err(_) => prop_assert!(!value.is_wholly_known()),
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(ty in any_type(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = from_msgpack(&only(ty.clone()), &bytes);
        let _ = from_msgpack(&only(ty), &around(&bytes));
    }
}

#[test]
fn equal_numbers_are_written_alike() {
    let one: Number = "1.50".parse().unwrap();
    assert_eq!(
        to_msgpack(&only(Type::Number), &object(Value::Number(one))),
        to_msgpack(&only(Type::Number), &object(number("15e-1")))
    );
}
