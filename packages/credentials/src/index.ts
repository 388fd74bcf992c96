export { awsSession } from "./aws-session.ts";
export { dockerLogin } from "./docker-login.ts";
export { kubernetes } from "./kubernetes.ts";
