import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** A registry of its own for one runtime, with the process's metrics in it unless told otherwise. */
export function createRegistry(options: { readonly processMetrics?: boolean } = {}): Registry {
  const registry = new Registry();
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });
  return registry;
}

/** A figure that is read when Prometheus asks. */
export interface ScrapedGauge {
  /** `regulars_…`, with the unit last. */
  readonly name: string;
  readonly help: string;
  /** Labels with few values; never a customer, a receipt or a token. */
  readonly labels?: readonly string[];
  /** Called at each scrape. A number for a gauge without labels, else one entry a label set. */
  readonly read: () => Figures | Promise<Figures>;
}

type Figures = number | readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];

/** Registers figures that others keep in plain fields and that cost nothing until they are scraped. */
export function registerScraped(registry: Registry, gauges: readonly ScrapedGauge[]): void {
  for (const { name, help, labels, read } of gauges) {
    new Gauge({
      name,
      help,
      labelNames: [...(labels ?? [])],
      registers: [registry],
      async collect(): Promise<void> {
        const figures = await read();
        if (typeof figures === 'number') return this.set(figures);
        this.reset();
        for (const figure of figures) this.set(figure.labels, figure.value);
      },
    });
  }
}
