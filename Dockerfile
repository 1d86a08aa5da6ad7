# One image for all of Konstruct; the command names the part:
#
#   node services/gateway/main.ts        node services/orchestrator/main.ts
#   node operator/main.ts                node migrations/main.ts
#   node dev/demo-model/main.ts
#
# It runs as a user without rights and writes nothing, so its root file system can be read-only. The lock file is kept
# beside node_modules: scanners read from it what is inside.
ARG BASE=node:24-slim

# A proxy that signs with an authority of its own is trusted with: --secret id=ca,src=/path/of/authorities.pem
FROM ${BASE} AS dependencies
WORKDIR /build/app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=ca \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund --cache=/tmp/npm && rm -rf /tmp/npm

# The chat page needs a bundler, of the version that the lock file names, and nothing else that is for development. It
# is put where Node looks next, because npm keeps what is for development out of a folder that it was left out of.
FROM dependencies AS webchat
RUN --mount=type=secret,id=ca \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    version=$(node -p 'require("./package-lock.json").packages["node_modules/esbuild"].version') && \
    npm install --prefix=/build --ignore-scripts --no-audit --no-fund --cache=/tmp/npm "esbuild@$version"
COPY dev/build-webchat.ts dev/
COPY services/shared/domain services/shared/domain
COPY services/webchat services/webchat
RUN node dev/build-webchat.ts

FROM ${BASE} AS application
WORKDIR /app
COPY --from=dependencies /build/app/node_modules node_modules
COPY package.json package-lock.json LICENSE ./
COPY crds crds
COPY migrations migrations
COPY operator operator
COPY services services
# For the chart's `demoModel`.
COPY dev/demo-model dev/demo-model
COPY --from=webchat /build/app/services/webchat/dist services/webchat/dist
# The user `node` of the base, by number: Kubernetes can then see that it is not root.
USER 1000:1000

# For skaffold dev: its files can be replaced while it runs.
FROM application AS development
USER 0:0
RUN chown -R 1000:1000 /app
USER 1000:1000

# What Node compiles at a part's start is kept, which halves the time that this takes. Nothing is configured here, so
# each part says so and ends; what the operator loads only on Kubernetes is loaded before that. The cache counts for the
# user who made it; it is made readable, and given to root.
FROM application AS compiled
RUN for start in services/gateway/main.ts services/orchestrator/main.ts migrations/main.ts \
      '--import ./operator/open-kubernetes.ts operator/main.ts'; do \
      NODE_COMPILE_CACHE=/tmp/compiled node $start >/dev/null 2>&1 || test $? = 78 || exit 1; \
    done; \
    chmod -R a+rX /tmp/compiled

FROM application
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Konstruct" \
      org.opencontainers.image.description="Kubernetes-native, multi-tenant chat platform for AI agents" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/konstruct/konstruct" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=compiled --chown=0:0 /tmp/compiled .compiled
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.compiled
EXPOSE 8080 9090
ENTRYPOINT []
CMD ["node", "services/gateway/main.ts"]
