import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { describeSettings } from '@vectorlane/config';
import { parseAllDocuments } from 'yaml';
import { read, ROOT } from '../../support/compose-file';
import type { Untyped } from '../../support/test-app';

/** The example manifests, held to what they promise. Nothing here needs a cluster. */
const files = readdirSync(join(ROOT, 'docker/kubernetes'));
const objects: Untyped[] = files
  .flatMap((file) => parseAllDocuments(read('docker/kubernetes', file)))
  .map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
const named = (kind: string): Record<string, Untyped> =>
  Object.fromEntries(objects.filter((one) => one.kind === kind).map((one) => [one.metadata.name, one]));

const DEPLOYMENTS = ['ai-worker', 'api', 'worker'];
const BACKENDS = ['api', 'worker'];
const deployments = named('Deployment');
const podOf = (name: string): Untyped => deployments[name].spec.template.spec;
const containerOf = (name: string): Untyped => podOf(name).containers[0];
const valuesOf = (name: string): Record<string, string> =>
  Object.fromEntries(containerOf(name).env.map((one: Untyped) => [one.name, one.value]));
const shared: Record<string, string> = named('ConfigMap')['vectorlane'].data;

describe('the manifest', () => {
  const schema = JSON.parse(read('test/support/kubernetes-schema/kubernetes-1.35.json'));
  const validatorOf = (kind: string) =>
    new Ajv({ strict: false, validateFormats: false }).compile({
      ...schema,
      $ref: `#/definitions/${schema.kinds[kind]}`,
    });

  it.each(objects.map((one) => [`${one.kind} ${one.metadata.name}`, one]))(
    'follows the schema of Kubernetes: %s',
    (_, object) => {
      const validate = validatorOf(object.kind);
      expect({ valid: validate(object), errors: validate.errors }).toEqual({ valid: true, errors: null });
    },
  );

  it('would not with a field that Kubernetes does not know, or a value it does not take', () => {
    const validate = validatorOf('Deployment');
    const broken = (change: (pod: Untyped) => void): unknown => {
      const copy = structuredClone(deployments['api']);
      change(copy.spec.template.spec);
      return validate(copy);
    };
    expect(broken((pod) => (pod.terminationGracePeriod = 90))).toBe(false);
    expect(broken((pod) => (pod.containers[0].readinessProbe.httpGet.path = 1))).toBe(false);
    expect(broken(() => undefined)).toBe(true);
  });

  it('is applied file by file, what others refer to first', () => {
    expect(files.toSorted()).toEqual(['1-processes.yaml', '2-scaling.yaml', '3-network.yaml']);
    expect(objects[0].kind).toBe('Namespace');
    const names = objects.map((one) => `${one.kind} ${one.metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has one namespace, whose cluster holds it to the restricted standard, and everything in it', () => {
    expect(named('Namespace')['vectorlane'].metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    for (const { kind, metadata } of objects.filter((one) => one.kind !== 'Namespace')) {
      expect([kind, metadata.name, metadata.namespace]).toEqual([kind, metadata.name, 'vectorlane']);
    }
  });
});

describe('the processes', () => {
  it('are an API that only accepts, a worker and the AI worker, from two images', () => {
    expect(Object.keys(deployments).toSorted()).toEqual(DEPLOYMENTS);
    expect(valuesOf('api')).toMatchObject({ ROLE: 'api', PORT: '3000' });
    expect(containerOf('api').args).toEqual(['node', 'dist/apps/api/src/main.js']);
    expect(containerOf('worker').args).toEqual(['node', 'dist/apps/worker/src/main.js']);
    expect(containerOf('worker').image).toBe(containerOf('api').image);
    // Never a tag that moves: a pod that is started again would run another program than those beside it.
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(containerOf('api').image).toBe(`vectorlane/backend:${version}`);
    expect(containerOf('ai-worker').image).toBe(`vectorlane/ai-worker:${version}`);
  });

  it('are process number one of their containers, without an init in between', () => {
    for (const name of BACKENDS) {
      const { shareProcessNamespace, initContainers } = deployments[name].spec.template.spec;
      expect({ shareProcessNamespace, initContainers }).toEqual({});
      expect(containerOf(name).command).toBeUndefined();
      expect(containerOf(name).args.slice(0, 1)).toEqual(['node']);
    }
    // The image's entry is the check of secrets, which the program takes the place of.
    expect(read('docker/require-secrets.sh')).toMatch(/\nexec "\$@"\n$/);
  });

  it('are given settings that there are', () => {
    const known = new Set(describeSettings().map(({ name }) => name));
    const given = [...Object.keys(shared), ...BACKENDS.flatMap((name) => Object.keys(valuesOf(name)))];
    // Not the program's own: the client of the AI worker, and the image's check of secrets.
    const others = given.filter((name) => !/^(AI_WORKER_(URL|TOKEN)|REQUIRE_SECRETS)$/.test(name));
    expect(others.filter((name) => !known.has(name))).toEqual([]);
  });

  it('get secrets by reference alone', () => {
    const secrets = /^(DATABASE_URL|REDIS_URL|AI_WORKER_TOKEN|METRICS_TOKEN|BOOTSTRAP_API_KEY|WEBHOOK_KEY)$/;
    for (const name of DEPLOYMENTS) {
      for (const { name: variable, value, valueFrom } of containerOf(name).env) {
        if (!secrets.test(variable)) continue;
        expect(value).toBeUndefined();
        expect(valueFrom.secretKeyRef).toMatchObject({ name: 'vectorlane', key: variable });
      }
    }
    expect(Object.keys(shared).filter((name) => secrets.test(name))).toEqual([]);
    // What shows the secrets of webhooks and what signs by them follow from the same key.
    for (const name of BACKENDS) expect(valuesOf(name)).toHaveProperty('WEBHOOK_KEY');
    expect(named('Secret')).toEqual({});
  });

  it.each(DEPLOYMENTS)('%s has 90 s to end, is told of no other service and talks to no cluster', (name) => {
    expect(podOf(name)).toMatchObject({
      terminationGracePeriodSeconds: 90,
      // Service links would set WORKER_PORT and AI_WORKER_PORT to addresses.
      enableServiceLinks: false,
      automountServiceAccountToken: false,
    });
    // The program drains by itself; a hook would only eat into its time.
    expect(containerOf(name).lifecycle).toBeUndefined();
  });

  it.each(DEPLOYMENTS)('%s is nobody, writes nowhere but to /tmp, and can do nothing', (name) => {
    const { securityContext, volumes } = podOf(name);
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(securityContext.runAsUser).toBeGreaterThan(10_000);
    expect(containerOf(name).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(containerOf(name).volumeMounts).toEqual([{ name: 'scratch', mountPath: '/tmp' }]);
    expect(volumes).toEqual([{ name: 'scratch', emptyDir: { sizeLimit: '512Mi' } }]);
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(podOf(name)[key]).toBeUndefined();
  });

  it.each(BACKENDS)('%s is asked whether it has started, is ready and is alive', (name) => {
    const { startupProbe, readinessProbe, livenessProbe } = containerOf(name);
    expect(startupProbe.httpGet).toEqual({ path: '/health', port: 'http' });
    expect(readinessProbe.httpGet).toEqual({ path: '/ready', port: 'http' });
    expect(livenessProbe.httpGet).toEqual({ path: '/live', port: 'http' });
    // Longer than a start waits for the migrations of another process.
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThan(600);
    // Off before the drain delay is over, so that no request meets a closed port.
    expect(readinessProbe.periodSeconds * readinessProbe.failureThreshold).toBeLessThan(5);
    expect(containerOf(name).ports[0].containerPort).toBe(
      Number(valuesOf(name)[name === 'api' ? 'PORT' : 'WORKER_PORT']),
    );
  });

  it('have the memory of the contract: 1 GB for the backend, 512 MB of it for certain, 4 GB for the AI worker', () => {
    for (const name of BACKENDS) {
      expect(containerOf(name).resources).toMatchObject({ requests: { memory: '512Mi' }, limits: { memory: '1Gi' } });
    }
    expect(containerOf('ai-worker').resources.limits.memory).toBe('4Gi');
    expect(containerOf('ai-worker').resources.requests.memory).toBeDefined();
    const uploads = Number(shared['MAX_CONCURRENT_UPLOADS']) * Number(shared['MAX_UPLOAD_BYTES']);
    expect(uploads).toBeLessThan(512 * 2 ** 20);
  });
});

describe('scaling', () => {
  const scalers = named('HorizontalPodAutoscaler');

  it('is by the age of the queue for workers, lane by lane', () => {
    const metrics = scalers['worker'].spec.metrics.map((one: Untyped) => one.external);
    expect(metrics.map(({ metric }: Untyped) => [metric.name, metric.selector.matchLabels])).toEqual([
      ['processing_queue_oldest_waiting_job_age_seconds', { lane: 'fast' }],
      ['processing_queue_oldest_waiting_job_age_seconds', { lane: 'heavy' }],
    ]);
    for (const { target } of metrics) expect(target.type).toBe('Value');
    expect(read('libs/metrics/src/metrics.definitions.ts')).toContain(`'${metrics[0].metric.name}'`);
  });

  it('leaves the number of replicas to the autoscaler, of which at least two are kept', () => {
    for (const name of DEPLOYMENTS) {
      expect(deployments[name].spec.replicas).toBeUndefined();
      expect(scalers[name].spec.scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name });
      expect(scalers[name].spec.minReplicas).toBeGreaterThanOrEqual(2);
      expect(named('PodDisruptionBudget')[name].spec).toEqual({
        maxUnavailable: 1,
        selector: deployments[name].spec.selector,
      });
    }
  });

  it('stays within the connections of a PostgreSQL with its default of 100, in the middle of a rollout too', () => {
    const most = BACKENDS.map((name) => {
      const perProcess = Number(valuesOf(name)['DATABASE_POOL_SIZE']) + 1;
      const { maxSurge } = deployments[name].spec.strategy.rollingUpdate;
      return perProcess * (scalers[name].spec.maxReplicas + maxSurge);
    });
    // Three are kept for superusers.
    expect(most.reduce((sum, connections) => sum + connections, 0)).toBeLessThanOrEqual(97);
  });
});

describe('the network', () => {
  const policies = named('NetworkPolicy');

  it('is shut for everybody, both ways', () => {
    expect(policies['nothing'].spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('leads to each port from those who need it', () => {
    const ports = Object.fromEntries(
      DEPLOYMENTS.map((name) => [name, policies[name].spec.ingress.flatMap((one: Untyped) => one.ports)]),
    );
    expect(ports).toEqual({ 'ai-worker': [{ port: 8000 }], api: [{ port: 3000 }], worker: [{ port: 3001 }] });
    for (const name of DEPLOYMENTS) {
      expect(policies[name].spec.podSelector).toEqual(deployments[name].spec.selector);
      for (const { from } of policies[name].spec.ingress) expect(from.length).toBeGreaterThan(0);
    }
  });

  it('leads out for the API and the workers alone: the AI worker fetches nothing', () => {
    const outward = objects.filter((one) => one.kind === 'NetworkPolicy' && one.spec.egress !== undefined);
    expect(outward.map(({ metadata }) => metadata.name)).toEqual(['backends-out']);
    expect(outward[0].spec.podSelector.matchExpressions[0].values).toEqual(BACKENDS);
  });

  it('reaches what each service selects', () => {
    const services = named('Service');
    for (const name of DEPLOYMENTS) {
      expect(services[name].spec.selector).toEqual(deployments[name].spec.template.metadata.labels);
      expect(services[name].spec.ports[0].port).toBe(containerOf(name).ports[0].containerPort);
    }
    expect(services['worker'].spec.clusterIP).toBe('None');
  });
});
