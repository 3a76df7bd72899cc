# syntax=docker/dockerfile:1
# The image of one service: `docker build --build-arg SERVICE=purchase .`, or loyalty-tier; of the platform in one process
# (`--build-arg SERVICE=platform --target platform`); of the command line (`--build-arg SERVICE=cli --target cli`).
# Nothing but the npm registry is asked for anything, and no package runs a script of its own.
ARG NODE_IMAGE=node:24-bookworm-slim

# The manifests alone, so that packages are installed again only when one of these changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete && find . -type d -empty -delete

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
COPY . .
RUN node tools/build.mjs \
  && find libs services -type d \( -name src -o -name spec-support -o -name node_modules \) -prune -exec rm -rf {} +

# What the workspace in SERVICE needs to run, without what builds it.
FROM ${NODE_IMAGE} AS runtime
ARG SERVICE=purchase
ENV NODE_ENV=production
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error --workspace="services/${SERVICE}" \
  && npm cache clean --force \
  && mkdir /data /secrets && chown node:node /data /secrets
COPY --from=build /app/libs ./libs
COPY --from=build /app/services ./services
COPY infra/docker/*.mjs infra/docker/
COPY infra/kafka infra/kafka
STOPSIGNAL SIGTERM

FROM runtime AS cli
USER node
ENTRYPOINT ["node", "/app/services/cli/bin/regulars.js"]

FROM runtime AS service
ARG SERVICE=purchase
ENV REGULARS_DATA_DIR=/data REGULARS_HTTP_HOST=0.0.0.0 REGULARS_HTTP_PORT=7171
WORKDIR /app/services/${SERVICE}
USER node
VOLUME /data
EXPOSE 7171
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["node", "/app/infra/docker/healthcheck.mjs"]
# Node is process 1 and starts no others; main handles SIGTERM itself.
CMD ["node", "--max-semi-space-size=64", "dist/main.js"]

# The data directory is an option of its main; a new one is filled with no demo in a container.
FROM service AS platform
CMD ["node", "--max-semi-space-size=64", "dist/main.js", "--data", "/data", "--empty"]

# What is built where no target is named.
FROM service
