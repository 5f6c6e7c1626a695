//! `proto/` against the table of what Terraform's and go-plugin's own files hold.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

const TABLE: &str = include_str!("../data/tfplugin5-wire.tsv");
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// kind, message, field, number, type, label
type Row = [String; 6];

fn row<const N: usize>(cells: [&str; N]) -> Row {
    std::array::from_fn(|index| cells.get(index).copied().unwrap_or_default().to_owned())
}

fn of_table() -> BTreeSet<Row> {
    let rows = TABLE.lines().skip(1).map(|line| {
        let mut cells = line.split('\t');
        std::array::from_fn(|_| cells.next().unwrap_or_default().to_owned())
    });
    rows.filter(|row: &Row| row[0] != "file").collect()
}

fn of_files() -> BTreeSet<Row> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let mut rows = BTreeSet::new();
    for file in set.file.iter().filter(|file| !file.package().starts_with("google.")) {
        assert_eq!(file.syntax(), "proto3", "{}", file.name());
        file.message_type.iter().for_each(|message| message_rows(file.package(), message, &mut rows));
        file.enum_type.iter().for_each(|values| enum_rows(file.package(), values, &mut rows));
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            rows.insert(row(["service", &name, "", "", "", &format!("{} rpcs", service.method.len())]));
            for method in &service.method {
                let stream = |on| if on { "stream " } else { "" };
                let (asks, answers) = (stream(method.client_streaming()), stream(method.server_streaming()));
                let types = format!("{asks}{} -> {answers}{}", &method.input_type()[1..], &method.output_type()[1..]);
                let label = match (method.client_streaming(), method.server_streaming()) {
                    (false, false) => "unary",
                    (false, true) => "server_stream",
                    (true, true) => "bidi_stream",
                    (true, false) => "client_stream",
                };
                rows.insert(row(["rpc", &name, method.name(), "", &types, label]));
            }
        }
    }
    rows
}

fn message_rows(scope: &str, message: &DescriptorProto, rows: &mut BTreeSet<Row>) {
    let name = format!("{scope}.{}", message.name());
    rows.insert(row(["message", &name, "", "", "", &format!("{} fields", message.field.len())]));
    let entries: BTreeMap<String, &DescriptorProto> = message
        .nested_type
        .iter()
        .filter(|nested| nested.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry))
        .map(|nested| (format!(".{name}.{}", nested.name()), nested))
        .collect();
    for field in &message.field {
        let (ty, label) = match entries.get(field.type_name()) {
            Some(entry) => {
                (format!("map<{},{}>", type_name(&entry.field[0]), type_name(&entry.field[1])), "map".to_owned())
            }
            None => (type_name(field), label(message, field)),
        };
        rows.insert(row(["field", &name, field.name(), &field.number().to_string(), &ty, &label]));
    }
    for range in &message.reserved_range {
        for number in range.start()..range.end() {
            rows.insert(row(["reserved", &name, "", &number.to_string(), "", "reserved"]));
        }
    }
    let nested = message
        .nested_type
        .iter()
        .filter(|nested| !nested.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry));
    nested.for_each(|nested| message_rows(&name, nested, rows));
    message.enum_type.iter().for_each(|values| enum_rows(&name, values, rows));
}

fn enum_rows(scope: &str, values: &EnumDescriptorProto, rows: &mut BTreeSet<Row>) {
    let name = format!("{scope}.{}", values.name());
    rows.insert(row(["enum", &name, "", "", "", &format!("{} values", values.value.len())]));
    for value in &values.value {
        rows.insert(row(["enum_value", &name, value.name(), &value.number().to_string()]));
    }
}

fn label(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    if field.label() == Label::Repeated {
        "repeated".to_owned()
    } else if field.proto3_optional() {
        "optional".to_owned()
    } else if let Some(index) = field.oneof_index {
        format!("oneof:{}", message.oneof_decl[usize::try_from(index).unwrap()].name())
    } else {
        "singular".to_owned()
    }
}

fn type_name(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => field.type_name()[1..].to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    }
}

#[test]
fn every_message_field_number_and_rpc_is_as_in_the_table() {
    let (table, files) = (of_table(), of_files());
    let missing: Vec<_> = table.difference(&files).collect();
    let surplus: Vec<_> = files.difference(&table).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing: {missing:#?}\nsurplus: {surplus:#?}");
    assert!(table.len() > 450, "the table is complete: {}", table.len());
}
