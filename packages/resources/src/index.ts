/** Resource types that several connector types offer. */
import { defineResourceType } from "@keywright/core";
import { dockerLogin, kubernetes } from "@keywright/credentials";

export const kubernetesCluster = defineResourceType({
  id: "kubernetes-cluster",
  title: "Kubernetes cluster",
  description: "A cluster, reached through its API server.",
  credentials: [kubernetes],
});
export const dockerRegistry = defineResourceType({
  id: "docker-registry",
  title: "Container registry",
  description: "A registry of container images, or one repository of it.",
  credentials: [dockerLogin],
});
