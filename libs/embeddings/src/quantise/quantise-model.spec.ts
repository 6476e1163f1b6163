import {
  GRAPH_INITIALIZER,
  GRAPH_INPUT,
  GRAPH_NODE,
  initializerField,
  MODEL_GRAPH,
  MODEL_OPSET_IMPORT,
  nodeField,
  readNode,
  readTensor,
} from './onnx-graph';
import { concat, messageField, readFields, stringField, varintField } from './protobuf-wire';
import { quantiseModel } from './quantise-model';

const PRODUCER = stringField(2, 'test');

function model(graph: Uint8Array[], opset = 11): Uint8Array {
  return concat([
    PRODUCER,
    ...messageField(MODEL_GRAPH, graph),
    ...messageField(MODEL_OPSET_IMPORT, [varintField(2, opset)]),
  ]);
}

const matrix = (name: string, rows = 2, columns = 2): Uint8Array[] =>
  initializerField(name, [rows, columns], new Float32Array(rows * columns).fill(0.5));

/** Operators with what they read, and the initializers, of a rewritten model. */
function read(rewritten: Uint8Array): { nodes: string[]; initializers: Map<string, readonly number[]> } {
  const graph = [...readFields(rewritten)].find(({ number }) => number === MODEL_GRAPH);
  const fields = [...readFields(graph?.bytes ?? new Uint8Array())];
  const nodes = fields
    .filter(({ number }) => number === GRAPH_NODE)
    .map(({ bytes }) => readNode(bytes))
    .map(({ operator, inputs, outputs }) => `${outputs.join(',')} = ${operator}(${inputs.join(', ')})`);
  const tensors = fields.filter(({ number }) => number === GRAPH_INITIALIZER).map(({ bytes }) => readTensor(bytes));
  return { nodes, initializers: new Map(tensors.map(({ name, dimensions }) => [name, dimensions])) };
}

describe('quantiseModel', () => {
  it('makes products with constant matrices integer ones and quantises a shared left side once', () => {
    const rewritten = quantiseModel(
      model([
        nodeField('MatMul', ['x', 'W'], ['y']),
        nodeField('MatMul', ['x', 'V'], ['z']),
        ...matrix('W'),
        ...matrix('V'),
      ]),
    );
    const { nodes, initializers } = read(rewritten);
    expect(nodes).toEqual([
      'x_int8,x_scale,x_zero = DynamicQuantizeLinear(x)',
      'y_int32 = MatMulInteger(x_int8, W_int8, x_zero)',
      'y_unscaled = Cast(y_int32)',
      'y_scale = Mul(x_scale, W_scale)',
      'y = Mul(y_unscaled, y_scale)',
      'z_int32 = MatMulInteger(x_int8, V_int8, x_zero)',
      'z_unscaled = Cast(z_int32)',
      'z_scale = Mul(x_scale, V_scale)',
      'z = Mul(z_unscaled, z_scale)',
    ]);
    expect([...initializers]).toEqual([
      ['W_int8', [2, 2]],
      ['W_scale', [2]],
      ['V_int8', [2, 2]],
      ['V_scale', [2]],
    ]);
  });

  it('shrinks large look-up tables and leaves small ones', () => {
    const { nodes, initializers } = read(
      quantiseModel(
        model([
          nodeField('Gather', ['words', 'ids'], ['a']),
          nodeField('Gather', ['places', 'ids'], ['b']),
          ...matrix('words', 1_024),
          ...matrix('places', 512),
        ]),
      ),
    );
    expect(nodes).toEqual([
      'a_int8 = Gather(words_int8, ids)',
      'a_unscaled = Cast(a_int8)',
      'a_scale = Gather(words_scale, ids)',
      'a = Mul(a_unscaled, a_scale)',
      'b = Gather(places, ids)',
    ]);
    expect([...initializers]).toEqual([
      ['words_int8', [1_024, 2]],
      ['words_scale', [1_024, 1]],
      ['places', [512, 2]],
    ]);
  });

  it.each([
    ['that something else reads too', [nodeField('Add', ['W', 'b'], ['c']), ...matrix('W')]],
    ['that is a table and a product', [nodeField('Gather', ['W', 'ids'], ['c']), ...matrix('W', 2_000)]],
    ['the caller may replace', [...messageField(GRAPH_INPUT, [stringField(1, 'W')]), ...matrix('W')]],
    ['of three dimensions', initializerField('W', [1, 2, 2], new Float32Array(4))],
    ['that is not fp32', initializerField('W', [2, 2], new Int8Array(4))],
    ['that another node computes', []],
  ])('leaves a matrix %s as it is', (_, rest) => {
    const original = model([
      nodeField('MatMul', ['p', 'Q'], ['r']),
      ...matrix('Q'),
      nodeField('MatMul', ['x', 'W'], ['y']),
      ...rest,
    ]);
    const { nodes, initializers } = read(quantiseModel(original));
    expect(nodes).toContain('y = MatMul(x, W)');
    expect(nodes).not.toContain('r = MatMul(p, Q)');
    expect(initializers.has('W_int8')).toBe(false);
  });

  it('leaves a look-up along another axis, and operators of another domain', () => {
    const foreign = concat(
      messageField(GRAPH_NODE, [
        stringField(1, 'x'),
        stringField(1, 'W'),
        stringField(2, 'y'),
        stringField(4, 'MatMul'),
        stringField(7, 'other'),
      ]),
    );
    const { nodes } = read(
      quantiseModel(
        model([
          nodeField('MatMul', ['p', 'Q'], ['r']),
          nodeField('Gather', ['T', 'ids'], ['t'], { axis: 1 }),
          foreign,
          ...matrix('Q'),
          ...matrix('T', 2_000),
          ...matrix('W'),
        ]),
      ),
    );
    expect(nodes).toEqual(expect.arrayContaining(['t = Gather(T, ids)', 'y = MatMul(x, W)']));
  });

  it('passes on everything outside the graph', () => {
    const rewritten = quantiseModel(model([nodeField('MatMul', ['x', 'W'], ['y']), ...matrix('W')]));
    const [producer] = readFields(rewritten);
    expect(Buffer.from(producer?.raw ?? [])).toEqual(Buffer.from(PRODUCER));
  });

  it.each([
    ['a model with nothing to quantise', model([nodeField('MatMul', ['x', 'z'], ['y'])]), 'no product with a constant'],
    ['operators from before dynamic quantisation', model([...matrix('W')], 10), 'opset 10'],
    ['a file that is no model', Buffer.from('# not a model'), 'wire type'],
    ['an empty file', new Uint8Array(), 'opset undefined'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => quantiseModel(bytes)).toThrow(message);
  });
});
