/** One operation of the API document. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` for each path parameter. */
  readonly template: string;
  /** Who may call it; undefined where everybody may. */
  readonly roles: readonly string[] | undefined;
  /** Of its body; undefined where it has none. */
  readonly mediaType: string | undefined;
  readonly optionalBody: boolean;
  readonly query: readonly string[];
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}
interface Described {
  readonly 'x-roles'?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: object };
}

/** All operations of the platform's own API document, so that a new route is tested without anybody thinking of it. */
export function operations({ paths }: Document): Operation[] {
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { requestBody, parameters = [], ...rest }]) => ({
      id: `${method.toUpperCase()} ${template}`,
      method: method.toUpperCase(),
      template,
      roles: rest['x-roles'],
      mediaType: Object.keys(requestBody?.content ?? {})[0],
      optionalBody: template.endsWith(':switch') || template.endsWith(':redrive'),
      query: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    })),
  );
}
