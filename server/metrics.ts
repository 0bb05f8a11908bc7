/**
 * The node's metrics as Prometheus text (exposition format 0.0.4). Without a library: counters, gauges that
 * are read on request and one kind of histogram are all that is needed, and `prom-client` would add 200 kB
 * to the executable and a label lookup to every frame.
 */

/** Upper bounds in seconds, from a request answered from memory to one that waited for a slow disk. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** A number that only grows, one for each set of labels (`a="b",c="d"`). */
export class Counter {
  readonly #values = new Map<string, number>();
  readonly name: string;
  readonly help: string;

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  add(labels = "", by = 1): void {
    this.#values.set(labels, (this.#values.get(labels) ?? 0) + by);
  }

  value(labels = ""): number {
    return this.#values.get(labels) ?? 0;
  }

  lines(): string[] {
    const lines = head(this.name, this.help, "counter");
    if (this.#values.size === 0) return [...lines, sample(this.name, "", 0)];
    for (const [labels, value] of this.#values) lines.push(sample(this.name, labels, value));
    return lines;
  }
}

/** Counts durations by bucket, for each set of labels. */
export class Histogram {
  readonly #series = new Map<string, { counts: number[]; sum: number; count: number }>();
  readonly name: string;
  readonly help: string;

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  observe(labels: string, seconds: number): void {
    let series = this.#series.get(labels);
    if (series === undefined) {
      series = { counts: LATENCY_BUCKETS.map(() => 0), sum: 0, count: 0 };
      this.#series.set(labels, series);
    }
    series.sum += seconds;
    series.count++;
    const bucket = LATENCY_BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket !== -1) series.counts[bucket]!++;
  }

  lines(): string[] {
    const lines = head(this.name, this.help, "histogram");
    for (const [labels, series] of this.#series) {
      let below = 0;
      LATENCY_BUCKETS.forEach((bound, i) => {
        below += series.counts[i]!;
        lines.push(sample(`${this.name}_bucket`, `${labels},le="${bound}"`, below));
      });
      lines.push(sample(`${this.name}_bucket`, `${labels},le="+Inf"`, series.count));
      lines.push(sample(`${this.name}_sum`, labels, series.sum));
      lines.push(sample(`${this.name}_count`, labels, series.count));
    }
    return lines;
  }
}

/** The current values, by labels, of a gauge, or of a counter that is kept elsewhere. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
  read(): Iterable<readonly [labels: string, value: number]>;
}

export class Metrics {
  readonly requests = new Counter("egoat_http_requests_total", "Requests by route and status.");
  readonly latency = new Histogram("egoat_http_request_seconds", "Time to answer, by route.");
  readonly frames = new Counter("egoat_frames_total", "Frames from members, by type.");
  readonly dropped = new Counter(
    "egoat_frames_dropped_total",
    "Frames that a full queue did not take, by the member's tier.",
  );
  readonly rateLimited = new Counter(
    "egoat_rate_limited_total",
    "Requests and frames refused because their address sent too many.",
  );
  readonly stored = new Counter("egoat_messages_stored_total", "Messages stored since the start.");
  readonly #readings: Reading[] = [];

  addReading(reading: Reading): void {
    this.#readings.push(reading);
  }

  /** Everything as Prometheus text. */
  text(): string {
    const counted = [
      this.requests,
      this.latency,
      this.frames,
      this.dropped,
      this.rateLimited,
      this.stored,
    ].flatMap((metric) => metric.lines());
    const read = this.#readings.flatMap((reading) => [
      ...head(reading.name, reading.help, reading.kind),
      ...Array.from(reading.read(), ([labels, value]) => sample(reading.name, labels, value)),
    ]);
    return [...counted, ...read, ""].join("\n");
  }
}

function head(name: string, help: string, kind: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`];
}

function sample(name: string, labels: string, value: number): string {
  return labels === "" ? `${name} ${value}` : `${name}{${labels}} ${value}`;
}
