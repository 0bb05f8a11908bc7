/** The polling tier, over real requests to a real node. */
import { HttpPollingTransport } from "../../transport/uplink/http_polling.ts";
import { systemClock } from "../../transport/transport.ts";
import { until } from "../fakes/until.ts";
import { testRelayedPaths, type TrackedTransport } from "./relayed_pair.ts";

/** A transport whose requests can be waited for. A closed path still has its last requests under way. */
function trackedPolling(): TrackedTransport {
  const pending = new Set<Promise<Response>>();
  const client = Deno.createHttpClient({});
  const trackedFetch = (input: string | URL | Request, init?: RequestInit) => {
    const response = fetch(input, { ...init, client } as RequestInit);
    pending.add(response);
    response.catch(() => {}).finally(() => pending.delete(response));
    return response;
  };
  return {
    transport: new HttpPollingTransport({ fetch: trackedFetch, clock: systemClock }),
    async settled() {
      await until(() => pending.size === 0, "every request has ended");
      client.close();
    },
  };
}

testRelayedPaths({ tier: "http-polling", track: trackedPolling });
