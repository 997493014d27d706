//! az's models of a managed cluster's network, API server and ingress, written by
//! `tests/record_schema.py` from azure-cli 2.91.0.

use azq_schema::Kind::{Boolean, Choice, Integer, List, Object, Text};
use azq_schema::models;

models! {
    ADVANCED_NETWORKING_OBSERVABILITY { "enabled": Boolean }
    ADVANCED_NETWORKING_SECURITY_TRANSIT_ENCRYPTION { "type": Choice }
    ADVANCED_NETWORKING_SECURITY {
        "enabled": Boolean,
        "advancedNetworkPolicies": Choice,
        "transitEncryption": Object(&ADVANCED_NETWORKING_SECURITY_TRANSIT_ENCRYPTION),
    }
    ADVANCED_NETWORKING_PERFORMANCE { "accelerationMode": Choice }
    ADVANCED_NETWORKING {
        "enabled": Boolean,
        "observability": Object(&ADVANCED_NETWORKING_OBSERVABILITY),
        "security": Object(&ADVANCED_NETWORKING_SECURITY),
        "performance": Object(&ADVANCED_NETWORKING_PERFORMANCE),
    }
    MANAGED_CLUSTER_LOAD_BALANCER_PROFILE_MANAGED_OUTBOUND_I_PS {
        "count": Integer,
        "countIPv6" as "countIpv6": Integer,
    }
    RESOURCE_REFERENCE { "id": Text }
    MANAGED_CLUSTER_LOAD_BALANCER_PROFILE_OUTBOUND_IP_PREFIXES {
        "publicIPPrefixes" as "publicIpPrefixes": List(&Object(&RESOURCE_REFERENCE)),
    }
    MANAGED_CLUSTER_LOAD_BALANCER_PROFILE_OUTBOUND_I_PS {
        "publicIPs": List(&Object(&RESOURCE_REFERENCE)),
    }
    MANAGED_CLUSTER_LOAD_BALANCER_PROFILE {
        "managedOutboundIPs": Object(&MANAGED_CLUSTER_LOAD_BALANCER_PROFILE_MANAGED_OUTBOUND_I_PS),
        "outboundIPPrefixes" as "outboundIpPrefixes": Object(&MANAGED_CLUSTER_LOAD_BALANCER_PROFILE_OUTBOUND_IP_PREFIXES),
        "outboundIPs": Object(&MANAGED_CLUSTER_LOAD_BALANCER_PROFILE_OUTBOUND_I_PS),
        "effectiveOutboundIPs": List(&Object(&RESOURCE_REFERENCE)),
        "allocatedOutboundPorts": Integer,
        "idleTimeoutInMinutes": Integer,
        "enableMultipleStandardLoadBalancers": Boolean,
        "backendPoolType": Choice,
    }
    MANAGED_CLUSTER_MANAGED_OUTBOUND_IP_PROFILE {
        "count": Integer,
        "countIPv6" as "countIpv6": Integer,
    }
    MANAGED_CLUSTER_NAT_GATEWAY_PROFILE_OUTBOUND_IP_PREFIXES {
        "publicIPPrefixes" as "publicIpPrefixes": List(&Text),
    }
    MANAGED_CLUSTER_NAT_GATEWAY_PROFILE_OUTBOUND_I_PS { "publicIPs": List(&Text) }
    MANAGED_CLUSTER_NAT_GATEWAY_PROFILE {
        "sku": Choice,
        "managedOutboundIPProfile" as "managedOutboundIpProfile": Object(&MANAGED_CLUSTER_MANAGED_OUTBOUND_IP_PROFILE),
        "effectiveOutboundIPs": List(&Object(&RESOURCE_REFERENCE)),
        "outboundIPPrefixes" as "outboundIpPrefixes": Object(&MANAGED_CLUSTER_NAT_GATEWAY_PROFILE_OUTBOUND_IP_PREFIXES),
        "outboundIPs": Object(&MANAGED_CLUSTER_NAT_GATEWAY_PROFILE_OUTBOUND_I_PS),
        "idleTimeoutInMinutes": Integer,
    }
    MANAGED_CLUSTER_STATIC_EGRESS_GATEWAY_PROFILE { "enabled": Boolean }
    CONTAINER_SERVICE_NETWORK_PROFILE {
        "networkPlugin": Choice,
        "networkPluginMode": Choice,
        "networkPolicy": Choice,
        "networkMode": Choice,
        "networkDataplane": Choice,
        "advancedNetworking": Object(&ADVANCED_NETWORKING),
        "podCidr": Text,
        "serviceCidr": Text,
        "dnsServiceIP" as "dnsServiceIp": Text,
        "outboundType": Choice,
        "loadBalancerSku": Choice,
        "loadBalancerProfile": Object(&MANAGED_CLUSTER_LOAD_BALANCER_PROFILE),
        "natGatewayProfile": Object(&MANAGED_CLUSTER_NAT_GATEWAY_PROFILE),
        "staticEgressGatewayProfile": Object(&MANAGED_CLUSTER_STATIC_EGRESS_GATEWAY_PROFILE),
        "podCidrs": List(&Text),
        "serviceCidrs": List(&Text),
        "ipFamilies": List(&Choice),
    }
    MANAGED_CLUSTER_API_SERVER_ACCESS_PROFILE {
        "authorizedIPRanges" as "authorizedIpRanges": List(&Text),
        "enablePrivateCluster": Boolean,
        "privateDNSZone" as "privateDnsZone": Text,
        "enablePrivateClusterPublicFQDN" as "enablePrivateClusterPublicFqdn": Boolean,
        "disableRunCommand": Boolean,
        "enableVnetIntegration": Boolean,
        "subnetId": Text,
    }
    MANAGED_CLUSTER_HTTP_PROXY_CONFIG {
        "httpProxy": Text,
        "httpsProxy": Text,
        "noProxy": List(&Text),
        "trustedCa": Text,
        "enabled": Boolean,
    }
    MANAGED_CLUSTER_APP_ROUTING_ISTIO { "mode": Choice }
    MANAGED_CLUSTER_WEB_APP_ROUTING_GATEWAY_API_IMPLEMENTATIONS {
        "appRoutingIstio": Object(&MANAGED_CLUSTER_APP_ROUTING_ISTIO),
    }
    MANAGED_CLUSTER_INGRESS_PROFILE_NGINX { "defaultIngressControllerType": Choice }
    USER_ASSIGNED_IDENTITY { "resourceId": Text, "clientId": Text, "objectId": Text }
    MANAGED_CLUSTER_INGRESS_PROFILE_WEB_APP_ROUTING {
        "enabled": Boolean,
        "gatewayAPIImplementations" as "gatewayApiImplementations": Object(&MANAGED_CLUSTER_WEB_APP_ROUTING_GATEWAY_API_IMPLEMENTATIONS),
        "dnsZoneResourceIds": List(&Text),
        "nginx": Object(&MANAGED_CLUSTER_INGRESS_PROFILE_NGINX),
        "identity": Object(&USER_ASSIGNED_IDENTITY),
    }
    MANAGED_CLUSTER_INGRESS_PROFILE_GATEWAY_CONFIGURATION { "installation": Choice }
    MANAGED_CLUSTER_INGRESS_PROFILE {
        "webAppRouting": Object(&MANAGED_CLUSTER_INGRESS_PROFILE_WEB_APP_ROUTING),
        "gatewayAPI" as "gatewayApi": Object(&MANAGED_CLUSTER_INGRESS_PROFILE_GATEWAY_CONFIGURATION),
    }
    ISTIO_INGRESS_GATEWAY { "mode": Choice, "enabled": Boolean }
    ISTIO_EGRESS_GATEWAY {
        "enabled": Boolean,
        "name": Text,
        "namespace": Text,
        "gatewayConfigurationName": Text,
    }
    ISTIO_COMPONENTS {
        "ingressGateways": List(&Object(&ISTIO_INGRESS_GATEWAY)),
        "egressGateways": List(&Object(&ISTIO_EGRESS_GATEWAY)),
        "proxyRedirectionMechanism": Choice,
    }
    ISTIO_PLUGIN_CERTIFICATE_AUTHORITY {
        "keyVaultId": Text,
        "certObjectName": Text,
        "keyObjectName": Text,
        "rootCertObjectName": Text,
        "certChainObjectName": Text,
    }
    ISTIO_CERTIFICATE_AUTHORITY { "plugin": Object(&ISTIO_PLUGIN_CERTIFICATE_AUTHORITY) }
    ISTIO_SERVICE_MESH {
        "components": Object(&ISTIO_COMPONENTS),
        "certificateAuthority": Object(&ISTIO_CERTIFICATE_AUTHORITY),
        "revisions": List(&Text),
    }
    SERVICE_MESH_PROFILE { "mode": Choice, "istio": Object(&ISTIO_SERVICE_MESH) }
}
