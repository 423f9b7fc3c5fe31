{{- /*
Read by mofang_hub.settings, field for field, in the hub and in the
training service. No secret belongs here.
*/ -}}
{{- define "mofang.settings" -}}
platformNamespace: {{ .Release.Namespace }}
publicUrl: {{ .Values.publicUrl | trimSuffix "/" | quote }}
hostPerUser: {{ eq (include "mofang.hostPerUser" .) "true" }}
staticFiles: {{ .Values.static.enabled }}
images:
  {{- range $name, $image := .Values.images }}
  {{- if $image.tag }}
  {{ $name }}:
    reference: {{ include "mofang.image" (dict "root" $ "name" $name) }}
    pullPolicy: {{ $image.pullPolicy | default "IfNotPresent" }}
  {{- end }}
  {{- end }}
gateway:
  name: {{ .Release.Namespace }}/{{ include "mofang.gatewayName" . }}
  namespace: {{ .Values.gateway.namespace }}
  hosts: {{- include "mofang.hubHosts" . | nindent 4 }}
  probeUrl: {{ include "mofang.probeUrl" . }}
auth:
  method: {{ .Values.auth.method }}
  adminUsers: {{- toYaml .Values.auth.adminUsers | nindent 4 }}
  allowedUsers: {{- toYaml .Values.auth.allowedUsers | nindent 4 }}
  {{- if eq .Values.auth.method "oauth" }}
  oauth:
    className: {{ .Values.auth.oauth.className }}
    config: {{- toYaml .Values.auth.oauth.config | nindent 6 }}
  {{- end }}
singleuser:
  {{- toYaml .Values.singleuser | nindent 2 }}
  ephemeralStorage: {{- toYaml .Values.ephemeralStorage | nindent 4 }}
  hdfs: {{- toYaml .Values.hdfs | nindent 4 }}
culling: {{- toYaml .Values.culling | nindent 2 }}
startAhead: {{- toYaml .Values.startAhead | nindent 2 }}
sizing: {{- toYaml .Values.sizing | nindent 2 }}
limits: {{- toYaml .Values.limits | nindent 2 }}
jobs:
  ephemeralStorage: {{- toYaml .Values.ephemeralStorage | nindent 4 }}
  hdfs: {{- toYaml .Values.hdfs | nindent 4 }}
  {{- omit .Values.jobs "gang" "notices" | toYaml | nindent 2 }}
  notices: {{- omit .Values.jobs.notices "existingSecret" | toYaml | nindent 4 }}
  gang: {{- omit .Values.jobs.gang "admissionPolicy" | toYaml | nindent 4 }}
  {{- with .Values.imagePullSecrets }}
  # The copies that the operator makes in the namespaces of projects.
  imagePullSecrets:
    {{- range . }}
    - mofang-pull-{{ .name }}
    {{- end }}
  {{- end }}
database:
  type: {{ .Values.hub.db.type }}
  {{- if eq .Values.hub.db.type "postgres" }}
  url: {{ .Values.hub.db.url | quote }}
  {{- end }}
audit:
  enabled: {{ .Values.audit.enabled }}
  folder: /srv/mofang/audit
  retentionDays: {{ .Values.audit.retentionDays }}
  maxMibPerDay: {{ .Values.audit.maxMibPerDay }}
  trustedProxies: {{- toYaml .Values.audit.trustedProxies | nindent 4 }}
usage: {{- toYaml .Values.usage | nindent 2 }}
links: {{- toYaml .Values.links | nindent 2 }}
concurrentSpawnLimit: {{ .Values.hub.concurrentSpawnLimit }}
activeServerLimit: {{ .Values.hub.activeServerLimit }}
debug: {{ .Values.debug.enabled }}
clusterDomain: {{ .Values.clusterDomain }}
hubService: {{ include "mofang.name" (dict "root" . "name" "hub") }}
trainingService: {{ include "mofang.name" (dict "root" . "name" "training") }}
logsRoot: /srv/mofang/logs
{{- end -}}

{{- define "mofang.extension" -}}
config: {{- toYaml .Values.hub.config | nindent 2 }}
extraConfig: {{- toYaml .Values.hub.extraConfig | nindent 2 }}
services: {{- include "mofang.hubServices" . | nindent 2 }}
loadRoles: {{- include "mofang.hubRoles" . | nindent 2 }}
custom: {{- toYaml .Values.custom | nindent 2 }}
{{- end -}}
