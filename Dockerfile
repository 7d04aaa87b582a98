# kbench in a container: docker build -t kbench:1 . Runs as a user without rights, on a read-only
# root with /tmp and a folder for results to write to (docs/kubernetes.md).
#
# Who builds for others pins the base by its digest:
#   docker buildx imagetools inspect node:24.11.1-bookworm-slim
#   docker build --build-arg NODE=node:24.11.1-bookworm-slim@sha256:... -t kbench:1 .
ARG NODE=node:24.11.1-bookworm-slim

FROM ${NODE} AS build
WORKDIR /build
COPY . .
# The build is part of npm ci (prepare); what runs has the versions of package-lock.json.
RUN npm ci --no-audit --no-fund && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE}
# For target.kafka, driver: java and members of Java (which take a JDK): --build-arg JAVA=yes.
ARG JAVA=no
RUN if [ "$JAVA" = yes ]; then \
    apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jdk-headless maven \
    && rm -rf /var/lib/apt/lists/*; \
  fi
COPY --from=build /build/package.json /build/LICENSE /app/
COPY --from=build /build/node_modules /app/node_modules
COPY --from=build /build/bench-configs /app/bench-configs
COPY --from=build /build/drivers /app/drivers
COPY --from=build /build/dist/drivers /app/dist/drivers
COPY --from=build /build/dist/src /app/dist/src
RUN ln -s /app/dist/src/main.js /usr/local/bin/kbench
ENV NODE_ENV=production HOME=/tmp
WORKDIR /tmp
# `node` of the base; by its number, so that Kubernetes sees that it is not root.
USER 1000:1000
ENTRYPOINT ["kbench"]
CMD ["--help"]
