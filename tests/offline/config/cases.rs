//! One mistake in each file, and the diagnostic that its author reads.

use super::{PATH, VALID, loaded, shown};

/// A file and its path.
pub struct Case {
    pub name: &'static str,
    pub path: &'static str,
    pub bytes: Vec<u8>,
}

/// A test with a snapshot for each case, and a list of all cases. A case without bytes is the fixture of its name.
macro_rules! cases {
    ($($name:ident $(at $path:literal)? $(= $bytes:expr)?;)*) => {
        $(#[test]
        fn $name() {
            let path = or_else!($($path)?; PATH);
            let bytes: Vec<u8> = bytes!($name $(= $bytes)?);
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(stringify!($name), shown(&loaded(path, &bytes)));
            });
        })*

        /// Every case of this file.
        pub fn all() -> Vec<Case> {
            vec![$(Case {
                name: stringify!($name),
                path: or_else!($($path)?; PATH),
                bytes: bytes!($name $(= $bytes)?),
            }),*]
        }
    };
}
macro_rules! or_else {
    ($given:expr; $other:expr) => {
        $given
    };
    (; $other:expr) => {
        $other
    };
}
macro_rules! bytes {
    ($name:ident = $bytes:expr) => {
        $bytes.into()
    };
    ($name:ident) => {
        include_bytes!(concat!(
            "../../fixtures/config/",
            stringify!($name),
            ".yaml"
        ))
        .to_vec()
    };
}

cases! {
    // YAML that readers interpret differently.
    valid;
    duplicate_keys;
    tabs;
    multiple_documents;
    merge_key;
    yaml_tags;
    yaml_1_1_surprises;
    unquoted_ids;
    key_is_a_list;
    key_is_null;
    unknown_alias;
    unclosed_quote;
    unclosed_brace;
    colon_in_plain_text;
    bad_indentation;
    missing_colon = VALID.replace("versioning: true", "versioning true\n  lifecycle_policy: compliance");
    missing_colon_of_a_section = VALID.replace("s3:", "s3");

    // Bytes that no editor shows. Built here, so that no editor or git setting repairs them.
    not_utf8 = [VALID.as_bytes(), b"  tags:\n    \xe4gypten: x\xff\n"].concat();
    utf16 = VALID.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    byte_order_mark = format!("\u{feff}{VALID}");
    byte_order_mark_before_a_mistake = format!("\u{feff}{}", VALID.replacen("client", "cleint", 1));
    windows_line_breaks = VALID.replace('\n', "\r\n");
    windows_line_breaks_and_a_mistake = VALID.replace("env: prod", "env: prood").replace('\n', "\r\n");
    old_mac_line_breaks = VALID.replace('\n', "\r");
    no_line_break_at_the_end = VALID.trim_end();
    nul_byte = VALID.replace("Edge", "Ed\0ge");
    deceptive_characters;
    wide_characters;

    // Files that are not configs.
    empty = "";
    only_blanks = " \n\n  \n";
    only_comments;
    only_a_document_marker = "---\n";
    list_at_the_root;
    text_at_the_root;
    unknown_product at "s3/configs/bucket.yaml";

    // Errors of the schema.
    missing_sections;
    null_sections;
    misspelled_section = VALID.replace("s3:", "s3bucket:");
    misspelled_key = VALID.replace("versioning", "versionning");
    scalars_for_mappings;
    unknown_keys;
    key_in_wrong_section;
    wrong_region;
    region_in_words;
    reserved_tags;
    reserved_prefix;
    too_many_tags;
    tags_differ_in_case;
    solutions_twice;
    dynamic_reference;
    several_problems;

    // Names and rules of the product.
    wrong_file_name at "s3/configs/edge-staging-c001-us-east-1-s3.yaml";
    file_name_of_another_region at "s3/configs/edge-prod-c001-us-west-2-s3.yaml" = VALID;
    copy_of_a_config at "s3/configs/edge-prod-c001-us-east-1-s3.yaml.bak" = VALID;
    yml_ending at "s3/configs/edge-prod-c001-us-east-1-s3.yml" = VALID;
    dedicated_bucket_without_name at "s3/configs/edge-prod-c001-us-east-1-fraud-s3.yaml";
    solution_is_no_name at "s3/configs/edge-prod-c001-us-east-1-Fraud_2-s3.yaml";
    route_tables_without_vpc;
    vpc_without_route_tables;
    existing_endpoint_without_vpc;
    route_tables_of_existing_endpoint;
    compliance_without_versioning;
    bucket_name_too_long at "s3/configs/the-edge-corporation-of-the-western-hemisphere-prod-c001-us-east-1-s3.yaml";
    stack_name_too_long at "s3/configs/edge-prod-c001-us-east-1-a-solution-whose-name-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-until-it-is-too-long-s3.yaml";
}
