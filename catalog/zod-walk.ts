import type { core, ZodType } from 'zod';
import type { Path } from './problem.ts';

type Node = core.$ZodType;
type Def = { type: string } & Record<string, unknown>;

const wrappers = ['optional', 'nullable', 'default', 'prefault', 'readonly', 'catch', 'nonoptional'];

/** Every schema that what stands at the path may have to satisfy, with its wrappers and alternatives. */
export function schemasAt(schema: ZodType, path: Path): Node[] {
  let nodes = unfold(schema);
  for (const segment of path) nodes = nodes.flatMap((node) => below(node, segment)).flatMap(unfold);
  return nodes;
}

/** The field names that may stand in a mapping at the path. */
export function knownFields(schema: ZodType, path: Path): string[] {
  const names = schemasAt(schema, path).flatMap((node) => Object.keys(shapeOf(node) ?? {}));
  return [...new Set(names)];
}

function defOf(node: Node): Def {
  return node._zod.def as unknown as Def;
}

function unfold(node: Node): Node[] {
  const def = defOf(node);
  if (wrappers.includes(def.type)) return [node, ...unfold(def.innerType as Node)];
  if (def.type === 'pipe') return [node, ...unfold(def.in as Node)];
  if (def.type === 'lazy') return [node, ...unfold((def.getter as () => Node)())];
  if (def.type === 'union') return [node, ...(def.options as Node[]).flatMap(unfold)];
  if (def.type === 'intersection') return [node, ...unfold(def.left as Node), ...unfold(def.right as Node)];
  return [node];
}

function shapeOf(node: Node): Record<string, Node> | undefined {
  const def = defOf(node);
  return def.type === 'object' ? (def.shape as Record<string, Node>) : undefined;
}

function below(node: Node, segment: string | number): Node[] {
  const def = defOf(node);
  const shape = shapeOf(node);
  if (shape) return Object.hasOwn(shape, segment) ? [shape[segment] as Node] : [];
  if (def.type === 'array') return [def.element as Node];
  if (def.type === 'tuple')
    return [(def.items as Node[])[Number(segment)] ?? (def.rest as Node | null)].filter((node) => node != null);
  if (def.type === 'record') return [def.valueType as Node];
  return [];
}
