//! Configs of the S3 product for measurements: any number, all different, the same on every machine.

/// The side of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// At the base.
    Base,
    /// At the head: one key of every config differs.
    Head,
}

const PREFIXES: [&str; 4] = ["edge", "global-bank", "a", "northern-lights-energy"];
const COMPANIES: [&str; 4] = ["Edge Corporation", "Müller & Söhne", "\"A: B\"", "'#1 Ltd'"];
const STAGES: [&str; 4] = ["prod", "staging", "dev", "test"];
const REGIONS: [&str; 7] = [
    "us-east-1",
    "eu-central-1",
    "ap-southeast-2",
    "us-gov-west-1",
    "cn-north-1",
    "sa-east-1",
    "ca-central-1",
];
const LIFECYCLES: [&str; 4] = ["ml-optimized", "compliance", "development", "none"];
const TAGS: [&str; 6] = [
    "Team",
    "CostCenter",
    "Größe",
    "Owner",
    "data:class",
    "Environment",
];

/// File name and text of the config `index`, which must be below 36⁴ (four characters distinguish the tenants).
pub fn config(index: usize, revision: Revision) -> (String, String) {
    let changed = |every: usize| revision == Revision::Head && index % 5 == every;
    let prefix = PREFIXES[index % 4];
    let stage = STAGES[index / 4 % 4];
    let region = REGIONS[index % 7];
    let tenant = base_36(index);
    let mut text = format!(
        "# Config {index} of the measurement.\n\
         client:\n  company_name: {}\n  company_prefix: {prefix}\n  account_id: \"{:012}\"\n  tenant_id: \"{tenant}\"\n\n\
         environment:\n  env: {stage}\n  region: {region}\n\ns3:\n",
        COMPANIES[index / 2 % 4],
        index * 7_919 + 1,
    );
    let mut line = |line: String| {
        text.push_str("  ");
        text.push_str(&line);
        text.push('\n');
    };

    // One in eight is for one solution alone, which is in its file name.
    let dedicated = index % 8 == 5;
    let ending = if dedicated { "-forecasting-s3" } else { "-s3" };
    if dedicated || index.is_multiple_of(3) || changed(0) {
        let suffix = if changed(0) { "-new" } else { "" };
        line(format!("bucket_name_override: lake-{index:05}{suffix}"));
    }
    line(format!(
        "versioning: {}",
        index.is_multiple_of(2) != changed(1)
    ));
    line(format!(
        "lifecycle_policy: {}",
        LIFECYCLES[(index / 3 + usize::from(changed(2))) % 4]
    ));
    if index % 3 != 1 {
        line(format!("vpc_id: vpc-{:017x}", index * 104_729));
        let tables: Vec<String> = (0..1 + index % 3)
            .map(|table| format!("rtb-{:08x}", index * 3 + table))
            .collect();
        line(format!("route_table_ids: \"{}\"", tables.join(", ")));
    }
    let tags = index % 7;
    if tags > 0 || changed(3) {
        line("tags:".to_owned());
        for (number, tag) in TAGS.iter().take(tags.max(1)).enumerate() {
            let value = index + number + usize::from(changed(3));
            line(format!("  {tag}: \"value {value}\""));
        }
    }
    line("solutions:".to_owned());
    for solution in 0..1 + index % 4 + usize::from(changed(4)) {
        line(format!("  - solution-{}-{solution}", base_36(index / 11)));
    }
    (
        format!("{prefix}-{stage}-{tenant}-{region}{ending}.yaml"),
        text,
    )
}

/// Four lower-case letters and digits.
fn base_36(number: usize) -> String {
    const DIGITS: [char; 36] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',
        'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
    ];
    [36 * 36 * 36, 36 * 36, 36, 1]
        .map(|place| DIGITS[number / place % 36])
        .iter()
        .collect()
}
