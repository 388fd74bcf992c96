import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeUpload } from "./aws-chunked.ts";
import { authenticate } from "./authenticate.ts";
import { answerCluster, renderCluster } from "./cluster-api.ts";
import { ecr, ECR_TARGET } from "./ecr.ts";
import { eks } from "./eks.ts";
import { callerArn, type Credential } from "./identity.ts";
import { answerRegistry, loginOf, registryAction, renderRegistry } from "./registry.ts";
import { s3 } from "./s3.ts";
import type { Service } from "./service.ts";
import { readSignature, type Signature } from "./sigv4.ts";
import { isSsoOidc, isSsoPortal, ssoOidc, ssoPortal } from "./sso.ts";
import type { Fault, RecordedCall, ServiceName, State } from "./state.ts";
import { isSts, sts } from "./sts.ts";
import { testCertificate } from "./test-certificate.ts";
import { readBody, Refusal, toWireRequest, type WireRequest, type WireResponse } from "./wire.ts";

const SIGNED: Readonly<Record<string, Service>> = { sts, s3, ecr, eks };

/** Which service a request is meant for: by its credential scope, else by what its shape gives away. */
const serviceOf = (request: WireRequest): Service => {
  const signature = readSignature(request);
  const scoped = typeof signature === "object" ? SIGNED[signature.service] : undefined;
  if (scoped !== undefined) return scoped;
  if (request.headers["x-amz-target"]?.startsWith(ECR_TARGET)) return ecr;
  if (isSsoOidc(request)) return ssoOidc;
  if (isSsoPortal(request)) return ssoPortal;
  return isSts(request) ? sts : s3;
};

/** Fields whose values may not be remembered; page tokens may. */
const isSecret = (name: string): boolean =>
  /token|secret|password|signature|credential|code|authorization/i.test(name) &&
  !/^(nextToken|next_token|continuation-token|SerialNumber)$/.test(name);

const withoutSecrets = (parameters: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => !isSecret(name) && !/^x-amz-/i.test(name)));

const takeFault = (state: State, service: ServiceName, action: string): Fault | undefined => {
  const fault = state.faults.find(
    (one) =>
      one.times > 0 &&
      (one.service === undefined || one.service === service) &&
      (one.action === undefined || one.action === action),
  );
  if (fault !== undefined) fault.times -= 1;
  return fault;
};

/** Waits, cuts or refuses as the fault says. True: the connection is to be cut. */
const suffer = async (fault: Fault | undefined, throttling: Service["throttling"]): Promise<boolean> => {
  if (fault === undefined) return false;
  if (fault.delayMs !== undefined) await sleep(fault.delayMs);
  if (fault.reset) return true;
  if (fault.delayMs !== undefined && fault.code === undefined && fault.status === undefined) return false;
  const isPlain500 = fault.code === undefined && fault.status !== undefined;
  const code = fault.code ?? (isPlain500 && fault.status !== throttling.status ? "InternalFailure" : throttling.code);
  const status = fault.status ?? (code === throttling.code ? throttling.status : 400);
  throw new Refusal(code, fault.message ?? (code === throttling.code ? "Rate exceeded" : "Injected fault"), status);
};

const newRecord = (state: State, service: ServiceName): RecordedCall => ({
  at: state.clock.now(),
  service,
  action: "",
  region: null,
  principalArn: null,
  sessionName: null,
  accessKeyId: null,
  parameters: {},
  status: 0,
  errorCode: null,
});

const noteCaller = (record: RecordedCall, credential: Credential | undefined): void => {
  if (credential === undefined) return;
  record.principalArn = callerArn(credential);
  record.sessionName = credential.session?.name ?? null;
  record.accessKeyId = credential.accessKeyId;
};

/** What an endpoint does with a request once it is read: answer, or cut the connection. */
type Answer = (request: WireRequest, state: State) => Promise<WireResponse | "cut">;

/** Runs one request, records it, and turns refusals into the service's own error format. */
const recorded = async (
  state: State,
  record: RecordedCall,
  render: (refusal: Refusal) => WireResponse,
  run: () => Promise<WireResponse | "cut">,
): Promise<WireResponse | "cut"> => {
  state.calls.push(record);
  let response: WireResponse | "cut";
  try {
    response = await run();
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal("InternalFailure", String(error), 500);
    record.errorCode = refusal.code;
    response = render(refusal);
  }
  record.status = response === "cut" ? 0 : response.status;
  return response;
};

const answerAws: Answer = (request, state) => {
  const service = serviceOf(request);
  const requestId = state.requestIds.uuid();
  const record = newRecord(state, service.name);
  const render = (refusal: Refusal): WireResponse => service.render(refusal, requestId, request);
  const run = async (): Promise<WireResponse | "cut"> => {
    const { action, parameters } = service.identify(request);
    const stated = readSignature(request);
    const claimed: Signature | undefined = typeof stated === "object" ? stated : undefined;
    Object.assign(record, { action, parameters: withoutSecrets(parameters), region: claimed?.region ?? null });
    if (await suffer(takeFault(state, service.name, action), service.throttling)) return "cut";
    const isOpen = service.unsigned(action, request);
    const { credential, signature } = isOpen
      ? { credential: undefined, signature: undefined }
      : authenticate(service, request, state);
    noteCaller(record, credential);
    const body =
      service.name === "s3" ? decodeUpload(request, signature, credential?.secretAccessKey ?? "") : request.body;
    const region = signature?.region ?? request.endpointRegion ?? state.region;
    return service.handle({ state, request, body, action, parameters, region, requestId, credential });
  };
  return recorded(state, record, render, run).then((response) => {
    if (response === "cut") return response;
    const ids =
      service.name === "s3"
        ? { "x-amz-request-id": requestId, "x-amz-id-2": requestId }
        : { "x-amzn-requestid": requestId };
    return { ...response, headers: { ...ids, ...response.headers } };
  });
};

const answerDocker: Answer = (request, state) => {
  const record = newRecord(state, "registry");
  return recorded(state, record, renderRegistry, async () => {
    const { action, parameters } = registryAction(request);
    Object.assign(record, { action, parameters });
    const login = loginOf(request, state);
    record.region = login?.region ?? null;
    noteCaller(record, login?.credential);
    if (await suffer(takeFault(state, "registry", action), { code: "TOOMANYREQUESTS", status: 429 })) return "cut";
    return answerRegistry(request, state);
  });
};

const answerKubernetes: Answer = (request, state) => {
  const record = newRecord(state, "kubernetes");
  return recorded(state, record, renderCluster, async () => {
    const action = `${request.method} ${request.path}`;
    record.action = action;
    if (await suffer(takeFault(state, "kubernetes", action), { code: "TooManyRequests", status: 429 })) return "cut";
    return answerCluster(request, state, ({ credential, cluster, username }) => {
      noteCaller(record, credential);
      Object.assign(record, { region: cluster.region, parameters: { cluster: cluster.name, username } });
    });
  });
};

const send = (response: ServerResponse, answer: WireResponse, method: string | undefined, now: Date): void => {
  const body = answer.body ?? "";
  const headers: Record<string, string> = { date: now.toUTCString(), ...answer.headers };
  // A 204 or 304 has no body and so no length; a HEAD may state the length of the body it leaves out.
  if (answer.status !== 204 && answer.status !== 304) headers["content-length"] ??= String(Buffer.byteLength(body));
  response.writeHead(answer.status, headers);
  response.end(method === "HEAD" ? undefined : body);
};

const listener =
  (state: State, answer: Answer, endpointRegion?: string): RequestListener =>
  (message: IncomingMessage, response: ServerResponse) => {
    const work = async (): Promise<void> => {
      const request = toWireRequest(message, await readBody(message), endpointRegion);
      const reply = await answer(request, state);
      if (reply === "cut") message.socket.destroy();
      else send(response, reply, message.method, state.clock.now());
    };
    // A client that went away is no failure of the double.
    work().catch(() => message.socket.destroy());
  };

export interface Endpoint {
  port: number;
  close(): Promise<void>;
}

const listen = async (server: Server): Promise<Endpoint> => {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export const serveAws = (state: State, endpointRegion?: string): Promise<Endpoint> =>
  listen(createServer(listener(state, answerAws, endpointRegion)));

export const serveRegistry = (state: State): Promise<Endpoint> => listen(createServer(listener(state, answerDocker)));

export const serveCluster = (state: State): Promise<Endpoint> =>
  listen(createTlsServer(testCertificate, listener(state, answerKubernetes)));
