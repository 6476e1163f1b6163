# The backend: REST API, probes, queue worker (ROLE=all|api) and, by another command, the consumer alone.
# Below 450 MB unpacked: Node 24 on a slim Debian, the program, its production packages for this one platform, and the
# tokenizer of the embedding model. The weights are not here but in the AI worker's image; WITH_WEIGHTS=1 adds those of
# gte-small (133 MB more) for a backend that embeds by itself.
ARG NODE_IMAGE=node:24.11.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/compile.mjs scripts/bundle.mjs scripts/
COPY scripts/bootstrap/files.mjs scripts/bootstrap/
COPY apps apps
COPY clients/typescript/src clients/typescript/src
COPY libs libs
RUN npm run build

FROM ${NODE_IMAGE} AS packages
ARG WITH_WEIGHTS=0
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# What builds is a dependency too, since `npm start` builds; here the stage above has done so.
RUN npm ci --omit=dev --no-audit --no-fund \
    && npm uninstall --no-save --omit=dev --no-audit --no-fund \
      @fontsource-variable/inter @preact/signals @swc/core preact preact-iso rolldown vite
COPY docker/prune-packages.mjs docker/prune-packages.mjs
COPY scripts/bootstrap/unneeded.mjs scripts/bootstrap/
RUN node docker/prune-packages.mjs

FROM ${NODE_IMAGE} AS backend
ARG VERSION=latest
LABEL org.opencontainers.image.title="Vectorlane backend" \
      org.opencontainers.image.description="Documents in over REST, ranked passages out." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
# glibc's allocator keeps what is freed, in an arena for nearly every thread; and with each large block that is freed it
# takes larger ones from there, where they are not given back. A fixed threshold ends that.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json openapi.json LICENSE ./
COPY docker/healthcheck.mjs docker/require-secrets.sh docker/
USER 10001:10001
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "docker/healthcheck.mjs"]
ENTRYPOINT ["/bin/sh", "/app/docker/require-secrets.sh"]
CMD ["node", "dist/apps/api/src/main.js"]
