//! What a VPC has.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpoint {
    pub id: String,
    /// Such as `com.amazonaws.us-east-1.sts`.
    pub service: String,
    /// Route tables lead to it; otherwise it has network interfaces.
    pub is_gateway: bool,
    pub private_dns: bool,
    pub route_tables: Vec<String>,
    pub(super) is_gone: bool,
}

impl VpcEndpoint {
    /// Whether it serves this service, such as `sts`.
    pub fn is_of(&self, service: &str) -> bool {
        let before = self.service.strip_suffix(service);
        before.is_some_and(|before| before.ends_with('.'))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub vpc: String,
    /// Availability zone.
    pub zone: String,
    /// Account.
    pub owner: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkInterface {
    /// Ids of its security groups.
    pub groups: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_recognized_by_whole_words() {
        let endpoint = |service: &str| VpcEndpoint {
            id: String::new(),
            service: service.to_owned(),
            is_gateway: false,
            private_dns: true,
            route_tables: Vec::new(),
            is_gone: false,
        };
        assert!(endpoint("com.amazonaws.us-east-1.sts").is_of("sts"));
        assert!(endpoint("cn.com.amazonaws.cn-north-1.sagemaker.api").is_of("sagemaker.api"));
        assert!(!endpoint("com.amazonaws.us-east-1.sagemaker.api-fips").is_of("sagemaker.api"));
        assert!(!endpoint("com.amazonaws.us-east-1.noots").is_of("ts"));
    }
}
