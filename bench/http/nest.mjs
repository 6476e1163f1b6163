// The same service as a stock Nest stack: Express underneath, helmet, CORS, the throttler, nestjs-pino, prom-client by
// its Nest module, class-validator, a guard for the key and an interceptor for the metrics, as their pages show it.
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { answerAs } from '../support/contender.mjs';
import { BUCKETS, DOCUMENT, HITS, KEY_ID, LIMIT, MODES, ORIGIN, SECRET_SHA256 } from './fixtures.mjs';

/** @type {any} of a folder that compilers do not look into */
const packages = createRequire(join(process.argv[2] ?? '', 'package.json'));
packages('reflect-metadata');
const common = packages('@nestjs/common');
const { APP_GUARD, APP_INTERCEPTOR, NestFactory } = packages('@nestjs/core');
const { SkipThrottle, ThrottlerGuard, ThrottlerModule } = packages('@nestjs/throttler');
const prometheus = packages('@willsoto/nestjs-prometheus');
const validator = packages('class-validator');
const { LoggerModule, Logger } = packages('nestjs-pino');
const { tap } = packages('rxjs');

/**
 * Decorates as TypeScript's compiler would.
 * @param {any[]} decorators @param {any} target @param {string} [name]
 */
function decorate(decorators, target, name) {
  if (name === undefined) return Reflect.decorate(decorators, target);
  const descriptor = Object.getOwnPropertyDescriptor(target, name);
  return Reflect.decorate(decorators, target, name, descriptor);
}

class SearchBody {}
/** @type {[string, any, any[]][]} */
const FIELDS = [
  ['query', String, [validator.IsString(), validator.MinLength(1), validator.MaxLength(4_096)]],
  ['topK', Number, [validator.IsOptional(), validator.IsInt(), validator.Min(1), validator.Max(100)]],
  ['mode', String, [validator.IsOptional(), validator.IsIn(MODES)]],
  ['filter', Object, [validator.IsOptional(), validator.IsObject()]],
  ['collection', Object, [validator.IsOptional()]],
  ['offset', Number, [validator.IsOptional(), validator.IsInt(), validator.Min(0), validator.Max(999)]],
  ['minScore', Number, [validator.IsOptional(), validator.IsNumber(), validator.Min(0), validator.Max(1)]],
  ['groupBy', String, [validator.IsOptional(), validator.IsIn(['document'])]],
  ['context', Number, [validator.IsOptional(), validator.IsInt(), validator.Min(0), validator.Max(5)]],
  ['highlights', Boolean, [validator.IsOptional(), validator.IsBoolean()]],
  ['rerank', Boolean, [validator.IsOptional(), validator.IsBoolean()]],
];
for (const [name, type, rules] of FIELDS) {
  Reflect.defineMetadata('design:type', type, SearchBody.prototype, name);
  Reflect.decorate(rules, SearchBody.prototype, name);
}

class KeyGuard {
  /** @param {any} context */
  canActivate(context) {
    const request = context.switchToHttp().getRequest();
    if (!request.path.startsWith('/api/')) return true;
    const given = /^vl_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43})$/.exec(request.headers['x-api-key'] ?? '');
    const digest = createHash('sha256')
      .update(given?.[2] ?? '')
      .digest();
    if (given?.[1] !== KEY_ID || !timingSafeEqual(digest, SECRET_SHA256)) {
      throw new common.UnauthorizedException('The API key is unknown, expired or revoked.');
    }
    request.keyId = KEY_ID;
    return true;
  }
}
decorate([common.Injectable()], KeyGuard);

class MetricsInterceptor {
  /** @param {any} requests @param {any} durations */
  constructor(requests, durations) {
    this.requests = requests;
    this.durations = durations;
  }

  /** @param {any} context @param {any} next */
  intercept(context, next) {
    const startedAt = performance.now();
    const request = context.switchToHttp().getRequest();
    const response = context.switchToHttp().getResponse();
    return next.handle().pipe(
      tap(() => {
        const labels = { method: request.method, path: request.route.path, status: String(response.statusCode) };
        this.requests.inc(labels);
        this.durations.observe(labels, (performance.now() - startedAt) / 1_000);
      }),
    );
  }
}
Reflect.defineMetadata('design:paramtypes', [Object, Object], MetricsInterceptor);
prometheus.InjectMetric('http_requests_total')(MetricsInterceptor, undefined, 0);
prometheus.InjectMetric('http_request_duration_seconds')(MetricsInterceptor, undefined, 1);
decorate([common.Injectable()], MetricsInterceptor);

class HealthController {
  health() {
    return { status: 'ok' };
  }
}
decorate([common.Get('health'), common.Header('Cache-Control', 'no-store')], HealthController.prototype, 'health');
decorate([common.Controller(), SkipThrottle()], HealthController);

class DocumentsController {
  get() {
    return DOCUMENT;
  }
}
Reflect.defineMetadata('design:paramtypes', [String], DocumentsController.prototype, 'get');
common.Param('id', new common.ParseUUIDPipe())(DocumentsController.prototype, 'get', 0);
decorate([common.Get(':id'), common.Header('Cache-Control', 'no-store')], DocumentsController.prototype, 'get');
decorate([common.Controller('api/documents')], DocumentsController);

class SearchController {
  search() {
    const startedAt = performance.now();
    return { results: HITS, tookMs: Math.round((performance.now() - startedAt) * 10) / 10 };
  }
}
Reflect.defineMetadata('design:paramtypes', [SearchBody], SearchController.prototype, 'search');
common.Body()(SearchController.prototype, 'search', 0);
decorate(
  [common.Post(), common.HttpCode(200), common.Header('Cache-Control', 'no-store')],
  SearchController.prototype,
  'search',
);
decorate([common.Controller('api/search')], SearchController);

const labelNames = ['method', 'path', 'status'];
class AppModule {}
decorate(
  [
    common.Module({
      imports: [
        LoggerModule.forRoot({
          pinoHttp: {
            base: { service: 'vectorlane' },
            genReqId: (/** @type {any} */ request, /** @type {any} */ response) => {
              const id = request.headers['x-request-id'] ?? randomUUID();
              response.setHeader('X-Request-ID', id);
              return id;
            },
            customProps: (/** @type {any} */ request) => ({ requestId: request.id, keyId: request.keyId }),
            redact: ['req.headers.authorization', 'req.headers["x-api-key"]', 'req.headers.cookie'],
            autoLogging: {
              ignore: (/** @type {any} */ request) =>
                request.url === '/health' || request.url.startsWith('/api/documents/'),
            },
          },
        }),
        ThrottlerModule.forRoot([{ ttl: 60_000, limit: LIMIT }]),
        prometheus.PrometheusModule.register({ defaultMetrics: { enabled: false } }),
      ],
      controllers: [HealthController, DocumentsController, SearchController],
      providers: [
        prometheus.makeCounterProvider({ name: 'http_requests_total', help: 'Requests.', labelNames }),
        prometheus.makeHistogramProvider({
          name: 'http_request_duration_seconds',
          help: 'Durations.',
          labelNames,
          buckets: BUCKETS,
        }),
        { provide: APP_GUARD, useClass: ThrottlerGuard },
        { provide: APP_GUARD, useClass: KeyGuard },
        { provide: APP_INTERCEPTOR, useClass: MetricsInterceptor },
      ],
    }),
  ],
  AppModule,
);

const app = await NestFactory.create(AppModule, { bufferLogs: true });
app.useLogger(app.get(Logger));
app.getHttpAdapter().getInstance().set('trust proxy', 1);
app.use(
  packages('helmet')({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
    },
  }),
);
app.enableCors({ origin: [ORIGIN] });
app.useGlobalPipes(new common.ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
// Its 5 s would cut connections that wait for their turn in the measurement.
app.getHttpServer().keepAliveTimeout = 75_000;
await app.listen(0, '127.0.0.1');
answerAs(app.getHttpServer().address().port);
