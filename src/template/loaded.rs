//! Templates, code and documents that AWS loads from elsewhere when it creates a resource. The tables come from the resource types of
//! CloudFormation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

use super::assembled::{assembled, is_computed};
use crate::config::{Node, NodeKind};

/// Types whose resources always come from a template, a package or rules outside of the stack's template.
const TYPES: &[&str] = &[
    "AWS::CloudFormation::GuardHook",
    "AWS::CloudFormation::HookVersion",
    "AWS::CloudFormation::ModuleVersion",
    "AWS::CloudFormation::ResourceVersion",
    "AWS::CloudFormation::TypeActivation",
    "AWS::SageMaker::Project",
    "AWS::Serverless::Application",
    "AWS::ServiceCatalog::CloudFormationProduct",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
];
/// Properties that name the place of a template, code or document. A fixed version of an object is no such place.
const KEYS: &[&str] = &[
    "BodyS3Location",
    "BotFileS3Location",
    "CodeS3Location",
    "DefinitionS3Location",
    "ImportFromPhysicalId",
    "LoadTemplateFromURL",
    "RequestMappingTemplateS3Location",
    "ResponseMappingTemplateS3Location",
    "SchemaS3Location",
    "SessionScriptS3Location",
    "TemplateS3Uri",
    "TemplateSSMDocumentDetails",
    "TextS3Location",
];
/// The key of an object. Beside `S3Bucket` it names an object that is loaded.
const OBJECT_KEYS: &[&str] = &["S3Key", "S3ObjectKey"];
const VERSION_KEYS: &[&str] = &["S3ObjectVersion", "ObjectVersion", "Version"];
/// Sources of a document's attachments.
const ATTACHMENTS: &[&str] = &["AttachmentReference", "S3FileUrl", "SourceUrl"];
const IMAGE: &str = "ImageUri";
/// The property of a function that holds its code.
const CODE: &str = "Code";

/// Names that a computed key may become.
pub fn loading_keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().chain(OBJECT_KEYS).copied().chain([IMAGE])
}

pub fn is_loaded_type(kind: &str) -> bool {
    TYPES.contains(&kind)
}

/// Whether the entry `key` of `mapping` lets AWS load something that can change without a change of the template. `path`: the keys
/// around the mapping.
pub fn loads(mapping: &Node, key: &str, value: &Node, path: &[String]) -> bool {
    if KEYS.contains(&key) {
        return !has_fixed_version(value);
    }
    if OBJECT_KEYS.contains(&key) {
        return mapping.get("S3Bucket").is_some() && !has_fixed_version(mapping);
    }
    match key {
        IMAGE => path.iter().any(|part| part == CODE) && !has_digest(&assembled(value)),
        "Key" => {
            let source = value.text();
            mapping.get("Values").is_some() && source.is_some_and(|key| ATTACHMENTS.contains(&key))
        }
        _ => false,
    }
}

/// Whether a version of the object is written out. The version `null` can be overwritten.
fn has_fixed_version(object: &Node) -> bool {
    let mut versions = VERSION_KEYS.iter().filter_map(|key| object.get(key));
    versions.any(|version| match (&version.tag, &version.kind) {
        (None, NodeKind::Text(text)) => !text.is_empty() && text != "null" && !is_computed(text),
        _ => false,
    })
}

/// Whether the address of an image ends with a digest of its contents.
fn has_digest(image: &str) -> bool {
    let digest = image.rsplit_once("@sha256:").map(|(_, digest)| digest);
    digest.is_some_and(|digest| {
        digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use crate::template::external::tests::found;

    const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn attack_a_template_loaded_by_a_service_is_found() {
        for (properties, place) in [
            (
                "Type: AWS::ServiceCatalog::CloudFormationProduct",
                "Resources/R/Type",
            ),
            (
                "Properties: {ProvisioningArtifactParameters: [{DisableTemplateValidation: true, Info: {LoadTemplateFromURL: 'https://s3/a'}}]}",
                "Resources/R/Properties/ProvisioningArtifactParameters/0/Info/LoadTemplateFromURL",
            ),
            (
                "Properties: {Info: {ImportFromPhysicalId: !Ref Stack}}",
                "Resources/R/Properties/Info/ImportFromPhysicalId",
            ),
            (
                "Type: AWS::ServiceCatalog::CloudFormationProvisionedProduct",
                "Resources/R/Type",
            ),
            (
                "Type: AWS::CloudFormation::ModuleVersion",
                "Resources/R/Type",
            ),
            ("Type: AWS::Serverless::Application", "Resources/R/Type"),
            (
                "Properties: {TemplateS3Uri: 's3://a/b'}",
                "Resources/R/Properties/TemplateS3Uri",
            ),
            (
                "Properties: {BodyS3Location: {Bucket: a, Key: b}}",
                "Resources/R/Properties/BodyS3Location",
            ),
            (
                "Properties: {DefinitionS3Location: {Bucket: a, Key: b, Version: !Ref V}}",
                "Resources/R/Properties/DefinitionS3Location",
            ),
            (
                "Properties: {Code: {S3Bucket: a, S3Key: b}}",
                "Resources/R/Properties/Code/S3Key",
            ),
            (
                "Properties: {Code: {S3Bucket: a, S3Key: b, S3ObjectVersion: 'null'}}",
                "Resources/R/Properties/Code/S3Key",
            ),
            (
                "Properties: {Code: {S3Bucket: a, S3Key: b, S3ObjectVersion: !Sub 'v${V}'}}",
                "Resources/R/Properties/Code/S3Key",
            ),
            (
                "Properties: {Code: !If [C, {S3Bucket: a, S3Key: b}, {ZipFile: c}]}",
                "Resources/R/Properties/Code/1/S3Key",
            ),
            (
                "Properties: {Code: {ImageUri: 'a/b:latest'}}",
                "Resources/R/Properties/Code/ImageUri",
            ),
            (
                "Properties: {Code: {ImageUri: !Sub 'a/b@sha256:${D}'}}",
                "Resources/R/Properties/Code/ImageUri",
            ),
            (
                "Properties: {Attachments: [{Key: S3FileUrl, Values: ['s3://a/b']}]}",
                "Resources/R/Properties/Attachments/0/Key",
            ),
        ] {
            let text = format!("Resources: {{R: {{{properties}}}}}");
            let expected = format!("file loaded from elsewhere {place}");
            assert_eq!(found(&text).first(), Some(&expected), "{text}");
        }
        let key = "Fn::ForEach::L: [I, [Key], {'S3${I}': b}]";
        assert_eq!(found(key), ["computed name Fn::ForEach::L/2/S3${I}"]);
    }

    #[test]
    fn what_a_template_fixes_by_version_or_digest_is_not_external() {
        let image = format!("Properties: {{Code: {{ImageUri: 'a/b@sha256:{DIGEST}'}}}}");
        let account =
            format!("Properties: {{Code: {{ImageUri: !Sub '${{A}}/b@sha256:{DIGEST}'}}}}");
        for properties in [
            "Type: AWS::Lambda::Function",
            "Properties: {Code: {ZipFile: 'x'}}",
            "Properties: {Code: {S3Bucket: a, S3Key: b, S3ObjectVersion: L4kqtJlcpXroDTDmpUMLUo}}",
            "Properties: {BodyS3Location: {Bucket: a, Key: b, Version: L4kqtJlcpXroDTDmpUMLUo}}",
            "Properties: {Filter: {S3Key: {Rules: [{Name: suffix, Value: .csv}]}}}",
            "Properties: {Tags: [{Key: Team, Value: SourceUrl}]}",
            "Properties: {ProductId: prod-1, TemplateBody: '{}'}",
            &image,
            &account,
        ] {
            let text = format!("Resources: {{R: {{{properties}}}}}");
            assert_eq!(found(&text), [""; 0], "{text}");
        }
    }
}
