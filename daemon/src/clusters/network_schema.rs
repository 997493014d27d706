//! az's models of a managed cluster's network, API server and ingress, written by
//! `tests/record_schema.py` from azure-cli 2.91.0.

use azq_schema::models;

models! {
    CONTAINER_SERVICE_NETWORK_PROFILE {
        "networkPlugin": Choice,
        "networkPluginMode": Choice,
        "networkPolicy": Choice,
        "networkMode": Choice,
        "networkDataplane": Choice,
        "advancedNetworking": Object {
            "enabled": Boolean,
            "observability": Object { "enabled": Boolean },
            "security": Object {
                "enabled": Boolean,
                "advancedNetworkPolicies": Choice,
                "transitEncryption": Object { "type": Choice },
            },
            "performance": Object { "accelerationMode": Choice },
        },
        "podCidr": Text,
        "serviceCidr": Text,
        "dnsServiceIP" as "dnsServiceIp": Text,
        "outboundType": Choice,
        "loadBalancerSku": Choice,
        "loadBalancerProfile": Object {
            "managedOutboundIPs": Object { "count": Integer, "countIPv6" as "countIpv6": Integer },
            "outboundIPPrefixes" as "outboundIpPrefixes": Object {
                "publicIPPrefixes" as "publicIpPrefixes": List(Object { "id": Text }),
            },
            "outboundIPs": Object { "publicIPs": List(Object { "id": Text }) },
            "effectiveOutboundIPs": List(Object { "id": Text }),
            "allocatedOutboundPorts": Integer,
            "idleTimeoutInMinutes": Integer,
            "enableMultipleStandardLoadBalancers": Boolean,
            "backendPoolType": Choice,
        },
        "natGatewayProfile": Object {
            "sku": Choice,
            "managedOutboundIPProfile" as "managedOutboundIpProfile": Object {
                "count": Integer,
                "countIPv6" as "countIpv6": Integer,
            },
            "effectiveOutboundIPs": List(Object { "id": Text }),
            "outboundIPPrefixes" as "outboundIpPrefixes": Object {
                "publicIPPrefixes" as "publicIpPrefixes": List(Text),
            },
            "outboundIPs": Object { "publicIPs": List(Text) },
            "idleTimeoutInMinutes": Integer,
        },
        "staticEgressGatewayProfile": Object { "enabled": Boolean },
        "podCidrs": List(Text),
        "serviceCidrs": List(Text),
        "ipFamilies": List(Choice),
    }
    MANAGED_CLUSTER_API_SERVER_ACCESS_PROFILE {
        "authorizedIPRanges" as "authorizedIpRanges": List(Text),
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
        "noProxy": List(Text),
        "trustedCa": Text,
        "enabled": Boolean,
    }
    USER_ASSIGNED_IDENTITY { "resourceId": Text, "clientId": Text, "objectId": Text }
    MANAGED_CLUSTER_INGRESS_PROFILE {
        "webAppRouting": Object {
            "enabled": Boolean,
            "gatewayAPIImplementations" as "gatewayApiImplementations": Object {
                "appRoutingIstio": Object { "mode": Choice },
            },
            "dnsZoneResourceIds": List(Text),
            "nginx": Object { "defaultIngressControllerType": Choice },
            "identity": Object { "resourceId": Text, "clientId": Text, "objectId": Text },
        },
        "gatewayAPI" as "gatewayApi": Object { "installation": Choice },
    }
    SERVICE_MESH_PROFILE {
        "mode": Choice,
        "istio": Object {
            "components": Object {
                "ingressGateways": List(Object { "mode": Choice, "enabled": Boolean }),
                "egressGateways": List(Object {
                    "enabled": Boolean,
                    "name": Text,
                    "namespace": Text,
                    "gatewayConfigurationName": Text,
                }),
                "proxyRedirectionMechanism": Choice,
            },
            "certificateAuthority": Object {
                "plugin": Object {
                    "keyVaultId": Text,
                    "certObjectName": Text,
                    "keyObjectName": Text,
                    "rootCertObjectName": Text,
                    "certChainObjectName": Text,
                },
            },
            "revisions": List(Text),
        },
    }
}
