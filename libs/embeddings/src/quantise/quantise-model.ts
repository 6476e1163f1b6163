import {
  FLOAT,
  GRAPH_INITIALIZER,
  GRAPH_INPUT,
  GRAPH_NODE,
  initializerField,
  MODEL_GRAPH,
  MODEL_OPSET_IMPORT,
  nodeField,
  readNode,
  readOpset,
  readTensor,
  readValueName,
  type OnnxNode,
} from './onnx-graph';
import { concat, messageField, readFields, type WireField } from './protobuf-wire';
import { quantiseMatrix, type QuantisedMatrix } from './quantise-matrix';

/**
 * Dynamic int8 quantisation of an fp32 ONNX model, as onnxruntime's own (Python) tool does it: every product with a
 * constant matrix becomes an integer one, its left side quantised at run time by the range it has. The models come as
 * fp32 alone; this doubles their speed on a CPU and makes them a quarter as large.
 */

/** DynamicQuantizeLinear came with this version of the standard operators. */
const MIN_OPSET = 11;
/** Smaller tables are not worth the extra operators of each look-up. */
const MIN_TABLE_ROWS = 1_024;
const CAST_TO_FLOAT = { to: FLOAT };

/** Output channels of a product's matrix are its columns; a look-up table has one scale per row. */
type Use = 'product' | 'table';

/**
 * @param model an ONNX file with its weights inside
 * @returns the rewritten file
 * @throws Error when there is nothing to quantise, or the file is not one this can rewrite
 */
export function quantiseModel(model: Uint8Array): Uint8Array {
  const fields = [...readFields(model)];
  const opset = fields
    .filter(({ number }) => number === MODEL_OPSET_IMPORT)
    .map(({ bytes }) => readOpset(bytes))
    .find((version) => version !== undefined);
  if (opset === undefined || opset < MIN_OPSET) throw new Error(`opset ${opset} has no dynamic quantisation`);
  const rewritten = fields.flatMap((field) =>
    field.number === MODEL_GRAPH ? messageField(MODEL_GRAPH, quantiseGraph([...readFields(field.bytes)])) : [field.raw],
  );
  return concat(rewritten);
}

function quantiseGraph(fields: readonly WireField[]): Uint8Array[] {
  const nodes = fields.map(({ number, bytes }) => (number === GRAPH_NODE ? readNode(bytes) : undefined));
  const matrices = quantiseMatrices(fields, usesOf(nodes));
  if (matrices.size === 0) throw new Error('no product with a constant fp32 matrix in it');
  const quantisedInputs = new Set<string>();
  return fields.flatMap((field, index) => {
    const node = nodes[index];
    if (node !== undefined) {
      const replaced = replaceNode(node, matrices, quantisedInputs);
      if (replaced !== undefined) return replaced;
    } else if (field.number === GRAPH_INITIALIZER) {
      const { name } = readTensor(field.bytes);
      const matrix = matrices.get(name);
      if (matrix !== undefined) {
        return [
          ...initializerField(`${name}_int8`, matrix.dimensions, matrix.values),
          ...initializerField(`${name}_scale`, matrix.scaleDimensions, matrix.scales),
        ];
      }
    }
    return [field.raw];
  });
}

/** How each name is read by the graph: undefined where a use cannot be rewritten, or two differ. */
function usesOf(nodes: readonly (OnnxNode | undefined)[]): Map<string, Use | undefined> {
  const uses = new Map<string, Use | undefined>();
  for (const node of nodes) {
    node?.inputs.forEach((name, position) => {
      const use = useOf(node, position);
      uses.set(name, uses.has(name) && uses.get(name) !== use ? undefined : use);
    });
  }
  return uses;
}

function useOf({ operator, domain, integers }: OnnxNode, position: number): Use | undefined {
  if (domain !== '') return undefined;
  if (operator === 'MatMul' && position === 1) return 'product';
  if (operator === 'Gather' && position === 0 && (integers.get('axis') ?? 0) === 0) return 'table';
  return undefined;
}

function quantiseMatrices(
  fields: readonly WireField[],
  uses: ReadonlyMap<string, Use | undefined>,
): Map<string, QuantisedMatrix> {
  // An initializer that is an input too is a default the caller may replace.
  const inputs = new Set(
    fields.filter(({ number }) => number === GRAPH_INPUT).map(({ bytes }) => readValueName(bytes)),
  );
  const matrices = new Map<string, QuantisedMatrix>();
  for (const { number, bytes } of fields) {
    if (number !== GRAPH_INITIALIZER) continue;
    const { name, dataType, dimensions, rawData } = readTensor(bytes);
    const use = uses.get(name);
    const [rows, columns] = dimensions;
    if (use === undefined || inputs.has(name) || dataType !== FLOAT || rawData === undefined) continue;
    if (rows === undefined || columns === undefined || dimensions.length !== 2) continue;
    if (use === 'table' && rows < MIN_TABLE_ROWS) continue;
    matrices.set(name, quantiseMatrix(rawData, rows, columns, use === 'product' ? 'column' : 'row'));
  }
  return matrices;
}

function replaceNode(
  node: OnnxNode,
  matrices: ReadonlyMap<string, QuantisedMatrix>,
  quantisedInputs: Set<string>,
): Uint8Array[] | undefined {
  const [first, second] = node.inputs;
  const [output] = node.outputs;
  if (first === undefined || second === undefined || output === undefined) return undefined;
  if (useOf(node, 1) === 'product' && matrices.has(second)) {
    const product = replaceProduct(first, second, output);
    // Query, key and value share their left side: quantise it once, before its first use.
    if (quantisedInputs.has(first)) return product;
    quantisedInputs.add(first);
    return [
      nodeField('DynamicQuantizeLinear', [first], [`${first}_int8`, `${first}_scale`, `${first}_zero`]),
      ...product,
    ];
  }
  if (useOf(node, 0) === 'table' && matrices.has(first)) return replaceLookUp(first, second, output);
  return undefined;
}

function replaceProduct(left: string, right: string, output: string): Uint8Array[] {
  return [
    nodeField('MatMulInteger', [`${left}_int8`, `${right}_int8`, `${left}_zero`], [`${output}_int32`]),
    nodeField('Cast', [`${output}_int32`], [`${output}_unscaled`], CAST_TO_FLOAT),
    nodeField('Mul', [`${left}_scale`, `${right}_scale`], [`${output}_scale`]),
    nodeField('Mul', [`${output}_unscaled`, `${output}_scale`], [output]),
  ];
}

function replaceLookUp(table: string, indices: string, output: string): Uint8Array[] {
  return [
    nodeField('Gather', [`${table}_int8`, indices], [`${output}_int8`]),
    nodeField('Cast', [`${output}_int8`], [`${output}_unscaled`], CAST_TO_FLOAT),
    nodeField('Gather', [`${table}_scale`, indices], [`${output}_scale`]),
    nodeField('Mul', [`${output}_unscaled`, `${output}_scale`], [output]),
  ];
}
