{{- /* Names and labels, in one place, so that selectors can never differ from the labels that they select. */ -}}

{{- define "konstruct.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "konstruct.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The labels of everything. */ -}}
{{- define "konstruct.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: konstruct
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* What selects the pods of one part: dict "root" $ "component" "gateway". Never changes between versions. */ -}}
{{- define "konstruct.selector" -}}
app.kubernetes.io/name: konstruct
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* Name, namespace and labels of an object of one part: dict "root" $ "component" "gateway". */ -}}
{{- define "konstruct.metadata" -}}
name: {{ include "konstruct.fullname" .root }}-{{ .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "konstruct.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* The Secret that holds a value: the one given, or the one that comes with the stores for trying it out. */ -}}
{{- define "konstruct.secret" -}}
{{- if .root.Values.devStores.enabled -}}
{{ include "konstruct.fullname" .root }}-dev
{{- else -}}
{{ .name }}
{{- end -}}
{{- end -}}

{{- define "konstruct.brokers" -}}
{{- if .Values.devStores.enabled -}}
{{ include "konstruct.fullname" . }}-dev-kafka:9092
{{- else -}}
{{ join "," .Values.kafka.brokers }}
{{- end -}}
{{- end -}}
