/** What connectors reach: streamed, all connectors at once, one dead provider never in the way of the others. */
import { canonicalise, isWithin, KeywrightError } from "@keywright/core";
import type { Connector } from "./connector.ts";
import { type ConnectorFilter, listConnectors, materialOf, rowNamed } from "./connector-rows.ts";
import { type Context, record } from "./context.ts";
import { valuesOf } from "./plan.ts";
import { offerOf } from "./plugins.ts";
import { asOurs, callFor, open } from "./sessions.ts";

export type ListedResource =
  | {
      readonly connector: string;
      readonly resourceType: string;
      readonly resourceId: string | null;
      readonly label: string | null;
    }
  | {
      readonly connector: string;
      readonly resourceType: string;
      readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
    };

const listSeconds = 120;

async function* listOf(
  context: Context,
  connector: Connector,
  wantedType: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedResource> {
  const { type } = context.host.connectorType(connector.type);
  const types = connector.resourceTypes.filter((id) => wantedType === undefined || id === wantedType);
  const failed = (resourceType: string, error: unknown): ListedResource => {
    const ours = asOurs(error, `Listing ${resourceType}`, connector.name);
    if (ours.code === "cancelled") throw ours;
    return {
      connector: connector.name,
      resourceType,
      error: { code: ours.code, message: ours.message, hint: ours.hint ?? null },
    };
  };
  try {
    const call = callFor(context, connector, { signal, seconds: listSeconds });
    const { opened, runtime } = await open(context, await materialOf(context, rowNamed(context, connector.name)), call);
    const values = valuesOf(connector.config, { ...connector.facts, ...(opened.facts as Record<string, string>) });
    for (const id of types) {
      const offer = offerOf(type, id);
      if (offer.resourceId === null) {
        yield { connector: connector.name, resourceType: id, resourceId: null, label: opened.identity.principal };
        continue;
      }
      const scope = connector.resourceId === null ? null : canonicalise(offer.resourceId, connector.resourceId, values);
      if (offer.list === null) {
        if (scope) yield { connector: connector.name, resourceType: id, resourceId: scope.id, label: null };
        continue;
      }
      try {
        let seen = false;
        for await (const found of runtime.resources[id].list(opened.session, call) as AsyncIterable<{
          id: string;
          label?: string;
        }>) {
          const one = canonicalise(offer.resourceId, found.id, values);
          // A connector for a part of a resource lists that part.
          if (scope && !isWithin(offer.resourceId, scope, one) && !isWithin(offer.resourceId, one, scope)) continue;
          if (scope && seen) continue;
          seen = true;
          yield {
            connector: connector.name,
            resourceType: id,
            resourceId: scope?.id ?? one.id,
            label: found.label ?? null,
          };
        }
      } catch (error) {
        yield failed(id, error);
      }
    }
  } catch (error) {
    for (const id of types) yield failed(id, error);
  }
}

/** Merges streams as they come. */
async function* merge<T>(streams: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const next = new Map(streams.map((stream, index) => [index, stream.next().then((step) => ({ index, step }))]));
  try {
    while (next.size > 0) {
      const { index, step } = await Promise.race(next.values());
      if (step.done) next.delete(index);
      else {
        yield step.value;
        const stream = streams[index];
        if (stream)
          next.set(
            index,
            stream.next().then((following) => ({ index, step: following })),
          );
      }
    }
  } finally {
    for (const stream of streams) void stream.return(undefined);
  }
}

export async function* listResources(
  context: Context,
  filter: ConnectorFilter & { readonly connector?: string | undefined; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<ListedResource> {
  const wanted =
    filter.connector === undefined
      ? listConnectors(context, filter)
      : [rowNamed(context, filter.connector)].map((row) => ({ name: row.name }));
  const named = listConnectors(context, {}).filter((one) => wanted.some(({ name }) => name === one.name));
  if (
    filter.connector !== undefined &&
    filter.resourceType !== undefined &&
    !named.some((one) => one.resourceTypes.includes(filter.resourceType ?? ""))
  ) {
    throw new KeywrightError("out-of-scope", `${filter.connector} is not registered for ${filter.resourceType}.`, {
      hint: `It is for: ${named[0]?.resourceTypes.join(", ")}.`,
    });
  }
  record(context, {
    action: "resources.list",
    outcome: "allowed",
    connector: filter.connector ?? null,
    detail: { connectors: named.length, resourceType: filter.resourceType ?? null },
  });
  yield* merge(named.map((connector) => listOf(context, connector, filter.resourceType, filter.signal)));
}
