/** The thread of a node's WebRTC endpoint, without WebRTC. */
import type { EndpointEvent, EndpointRequest } from "../../transport/werift/endpoint_messages.ts";

/** A thread that only records the messages posted to it. */
export class FakeWorker {
  onmessage: ((event: { data: EndpointEvent }) => void) | null = null;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | null = null;
  readonly batches: EndpointRequest[][] = [];
  isTerminated = false;

  postMessage(batch: EndpointRequest[]): void {
    this.batches.push(batch);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  tell(event: EndpointEvent): void {
    this.onmessage?.({ data: event });
  }

  get requests(): EndpointRequest[] {
    return this.batches.flat();
  }
}
