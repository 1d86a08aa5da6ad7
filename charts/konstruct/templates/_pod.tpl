{{- /*
What the pods of all parts have in common. Each takes dict "root" $ "component" "gateway" "values" .Values.gateway;
a part's own template says only what is its own.
*/ -}}

{{- define "konstruct.fromSecret" -}}
- name: {{ .env }}
  valueFrom:
    secretKeyRef:
      name: {{ include "konstruct.secret" (dict "root" .root "name" .secret) }}
      key: {{ .key }}
{{- end -}}

{{- /* The database, as one of its three roles: dict "root" $ "role" "app" "env" "KONSTRUCT_DATABASE_URL". */ -}}
{{- define "konstruct.database" -}}
{{- $role := index .root.Values.database .role -}}
{{ include "konstruct.fromSecret" (dict "root" .root "env" .env "secret" $role.existingSecret "key" $role.key) }}
{{- end -}}

{{- define "konstruct.trust" -}}
{{- if .Values.trustedCertificates.existingConfigMap -}}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/konstruct/trust/{{ .Values.trustedCertificates.key }}
{{- end -}}
{{- end -}}

{{- /* What every part is told: stores, keys, log. */ -}}
{{- define "konstruct.environment" -}}
{{- $values := .root.Values -}}
- name: KONSTRUCT_LOG_LEVEL
  value: {{ $values.logLevel }}
- name: KONSTRUCT_ADMIN_PORT
  value: '9090'
{{ include "konstruct.fromSecret" (dict "root" .root "env" "KONSTRUCT_REDIS_URL" "secret" $values.redis.existingSecret "key" $values.redis.key) }}
{{ include "konstruct.fromSecret" (dict "root" .root "env" "KONSTRUCT_SECRET_KEYS" "secret" $values.keys.existingSecret "key" $values.keys.secretKeysKey) }}
- name: KONSTRUCT_KAFKA_BROKERS
  value: {{ include "konstruct.brokers" .root | quote }}
{{- with $values.kafka.topicPrefix }}
- name: KONSTRUCT_TOPIC_PREFIX
  value: {{ . | quote }}
{{- end }}
{{- if $values.kafka.tls.enabled }}
- name: KONSTRUCT_KAFKA_TLS
  value: 'true'
{{- end }}
{{- if $values.kafka.tls.clientCertificate.existingSecret }}
- name: KONSTRUCT_KAFKA_CERT_FILE
  value: /etc/konstruct/kafka/tls.crt
- name: KONSTRUCT_KAFKA_KEY_FILE
  value: /etc/konstruct/kafka/tls.key
{{- end }}
{{- with $values.kafka.sasl }}
{{- if ne .mechanism "none" }}
- name: KONSTRUCT_KAFKA_SASL_MECHANISM
  value: {{ .mechanism }}
{{ include "konstruct.fromSecret" (dict "root" $.root "env" "KONSTRUCT_KAFKA_USERNAME" "secret" .existingSecret "key" .usernameKey) }}
{{ include "konstruct.fromSecret" (dict "root" $.root "env" "KONSTRUCT_KAFKA_PASSWORD" "secret" .existingSecret "key" .passwordKey) }}
{{- end }}
{{- end }}
{{- with include "konstruct.trust" .root }}
{{ . }}
{{- end }}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Which files a part reads: those that ask a store or a model trust authorities, those that meet Kafka show it a key. */ -}}
{{- define "konstruct.files" -}}
{{- $serves := has .component (list "operator" "gateway" "orchestrator") -}}
{{- if and (or $serves (eq .component "migrations")) .root.Values.trustedCertificates.existingConfigMap }}
- trust
{{- end }}
{{- if and $serves .root.Values.kafka.tls.clientCertificate.existingSecret }}
- kafka
{{- end }}
{{- end -}}

{{- define "konstruct.mounts" -}}
{{- range include "konstruct.files" . | fromYamlArray }}
- name: {{ . }}
  mountPath: /etc/konstruct/{{ . }}
  readOnly: true
{{- end }}
{{- end -}}

{{- define "konstruct.volumes" -}}
{{- $values := .root.Values -}}
{{- range include "konstruct.files" . | fromYamlArray }}
- name: {{ . }}
  {{- if eq . "trust" }}
  configMap: { name: {{ $values.trustedCertificates.existingConfigMap }} }
  {{- else }}
  secret: { secretName: {{ $values.kafka.tls.clientCertificate.existingSecret }}, defaultMode: 0440 }
  {{- end }}
{{- end }}
{{- end -}}

{{- /* As the Pod Security Standard `restricted` wants it. */ -}}
{{- define "konstruct.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "konstruct.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: {{ not .root.Values.development }}
capabilities: { drop: [ALL] }
{{- end -}}

{{- /* All parts have the same admin port. */ -}}
{{- define "konstruct.probes" -}}
startupProbe:
  httpGet: { path: /livez, port: admin }
  periodSeconds: 1
  failureThreshold: 120
livenessProbe:
  httpGet: { path: /livez, port: admin }
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /readyz, port: admin }
  periodSeconds: 2
  timeoutSeconds: 3
{{- end -}}

{{- /* Where the pods of a part run; soft, so that a small cluster runs them too. */ -}}
{{- define "konstruct.placement" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "konstruct.selector" $ | nindent 8 }}
  {{- end }}
{{- include "konstruct.nodes" . }}
{{- end -}}

{{- define "konstruct.nodes" -}}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- /* What a pod that is there for a short time has of the operator's, with resources of its own: dict "root" $ "resources" dict. */ -}}
{{- define "konstruct.passingValues" -}}
{{- merge (dict "resources" .resources) (omit .root.Values.operator "resources") | toYaml -}}
{{- end -}}

{{- define "konstruct.podMetadata" -}}
labels:
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- include "konstruct.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
{{- with .values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "konstruct.podBasics" -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
enableServiceLinks: false
securityContext:
  {{- include "konstruct.podSecurity" . | nindent 2 }}
{{- end -}}

{{- /* Name, image and program of a container: with "main" "services/gateway/main.ts" too. Watched for changes are those that go on for ever; a Job that was watched would never end. */ -}}
{{- define "konstruct.container" -}}
name: {{ .component }}
image: {{ include "konstruct.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
command: [node, {{ if and .root.Values.development (has .component (list "operator" "gateway" "orchestrator")) }}--watch, {{ end }}{{ .main }}]
securityContext:
  {{- include "konstruct.containerSecurity" . | nindent 2 }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
{{- with include "konstruct.mounts" . }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* A drain of nodes may take one pod of a part at a time, and one that does not work at any time: it never blocks. */ -}}
{{- define "konstruct.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "konstruct.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "konstruct.selector" . | nindent 6 }}
{{- end -}}
