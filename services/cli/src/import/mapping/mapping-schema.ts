import { isTimeZone } from '@regulars/kernel';
import { z } from 'zod';

const columnName = z.string().min(1);

const transform = z.enum(['integer-text', 'upper', 'lower', 'strip-leading-zeros', 'single-spaces']);
export type IdTransform = z.infer<typeof transform>;

/** Where a field comes from: a column, or several joined, changed by transforms in the order they are named. */
const source = z.union([
  columnName.transform((column) => ({ columns: [column], join: '', transform: [] as IdTransform[] })),
  z
    .strictObject({
      column: columnName.optional(),
      columns: z.array(columnName).min(1).optional(),
      join: z.string().max(5).default(''),
      transform: z.array(transform).default([]),
    })
    .refine((value) => (value.column === undefined) !== (value.columns === undefined), 'name either `column` or `columns`')
    .transform(({ column, columns, join, transform }) => ({ columns: columns ?? [column ?? ''], join, transform })),
]);
export type Source = z.output<typeof source>;

const tests = {
  equals: z.union([z.string(), z.number()]),
  notEquals: z.union([z.string(), z.number()]),
  startsWith: z.string().min(1),
  notStartsWith: z.string().min(1),
  in: z.array(z.string()).min(1),
  empty: z.boolean(),
  below: z.number(),
  above: z.number(),
};
/** One condition on a column, for example `{column: Quantity, below: 0}`. Texts compare exactly, numbers as numbers. */
const condition = z
  .strictObject({ column: columnName, ...z.object(tests).partial().shape })
  .refine(
    (value) => Object.keys(tests).filter((name) => value[name as keyof typeof tests] !== undefined).length === 1,
    `give exactly one test: ${Object.keys(tests).join(', ')}`,
  );
export type Condition = z.output<typeof condition>;

const timeZone = z.string().refine(isTimeZone, 'is no time zone this machine knows; use an IANA name such as Europe/London');

const store = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  region: z.string().min(1),
  timeZone,
  currency: z.string().regex(/^[A-Z]{3}$/),
  opened: z.iso.date().optional(),
  closed: z.iso.date().optional(),
});

const columns = z.strictObject({
  receipt: source,
  occurredAt: source,
  quantity: source.optional(),
  unitPrice: source.optional(),
  net: source.optional(),
  discount: source.optional(),
  cost: source.optional(),
  sku: source,
  category: source.optional(),
  customer: source.optional(),
  staff: source.optional(),
  sequence: source.optional(),
  store: source.optional(),
  terminal: source.optional(),
  currency: source.optional(),
});

const constants = z.strictObject({
  store: z.string().min(1).optional(),
  terminal: z.string().min(1).optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  staff: z.string().min(1).optional(),
  category: z.string().min(1).optional(),
  quantity: z.number().positive().optional(),
});

const formats = z.strictObject({
  date: z.string().min(1).default('iso'),
  decimal: z.enum(['.', ',']).default('.'),
  thousands: z.enum(['', ',', '.', ' ', "'"]).default(''),
  ignore: z.string().max(10).default(''),
  amounts: z.enum(['major', 'minor']).default('major'),
  empty: z.array(z.string()).default([]),
});

const returns = z.strictObject({
  when: z.union([z.literal('negative quantity'), z.array(condition).min(1)]),
  quantities: z.enum(['negative', 'positive']).default('negative'),
  original: z.strictObject({ receipt: source, line: source, store: source.optional(), terminal: source.optional() }).optional(),
});

const excludeRule = z.strictObject({ name: z.string().min(1).max(80), when: z.array(condition).min(1) });

/** How a CSV file's columns become receipts. `docs/how-to/import-history.md` explains every key. */
export const mappingSchema = z
  .strictObject({
    name: z.string().min(1).max(80),
    description: z.string().optional(),
    delimiter: z.string().length(1).default(','),
    quote: z.string().length(1).default('"'),
    header: z.boolean().default(true),
    columnNames: z.array(columnName).min(1).optional(),
    timeZone,
    constants: constants.prefault({}),
    columns,
    formats: formats.prefault({}),
    returns: returns.optional(),
    exclude: z.array(excludeRule).max(100).default([]),
    receipts: z
      .strictObject({
        openAtOnce: z.int().min(1).max(10_000).default(64),
        longerThan1000Lines: z.enum(['reject', 'split']).default('reject'),
      })
      .prefault({}),
    stores: z.array(store).max(100_000).default([]),
  })
  .superRefine((mapping, context) => {
    const problem = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    for (const field of ['store', 'terminal', 'currency', 'quantity'] as const) {
      const given = Number(mapping.columns[field] !== undefined) + Number(mapping.constants[field] !== undefined);
      if (given === 0) problem(['columns', field], `is needed: name its column here or give it under constants.${field}`);
      if (given === 2) problem(['columns', field], `is also given under constants.${field}; keep one`);
    }
    for (const field of ['staff', 'category'] as const) {
      if (mapping.columns[field] && mapping.constants[field])
        problem(['columns', field], `is also given under constants.${field}; keep one`);
    }
    if (!mapping.columns.unitPrice && !mapping.columns.net)
      problem(['columns', 'unitPrice'], 'is needed: name the column of the unit price, or of net');
    if (!mapping.header && !mapping.columnNames) problem(['columnNames'], 'are needed where the file has no header');
    if (mapping.formats.decimal === mapping.formats.thousands) problem(['formats', 'thousands'], 'cannot be the decimal separator');
    if (new Set(mapping.exclude.map((rule) => rule.name)).size < mapping.exclude.length)
      problem(['exclude'], 'gives two rules the same name');
  });

/** A mapping with every default filled in. */
export type Mapping = z.output<typeof mappingSchema>;
