{{- /*
Read by mofang_hub.settings, field for field, in the hub and in the
training service. No secret belongs here.
*/ -}}
{{- define "mofang.settings" -}}
platformNamespace: {{ .Release.Namespace }}
publicUrl: {{ .Values.publicUrl | trimSuffix "/" | quote }}
hostPerUser: {{ eq (include "mofang.hostPerUser" .) "true" }}
images:
  {{- range $name, $image := .Values.images }}
  {{- if $image.tag }}
  {{ $name }}:
    reference: {{ include "mofang.image" (dict "root" $ "name" $name) }}
    pullPolicy: {{ $image.pullPolicy | default "IfNotPresent" }}
  {{- end }}
  {{- end }}
gateway:
  name: {{ .Release.Namespace }}/mofang
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
servers: {{- toYaml .Values.servers | nindent 2 }}
jobs:
  {{- omit .Values.jobs "gang" | toYaml | nindent 2 }}
  gang: {{- omit .Values.jobs.gang "admissionPolicy" | toYaml | nindent 4 }}
databaseUrl: sqlite:////srv/mofang/hub/jupyterhub.sqlite
storageRoot: /srv/mofang/storage
{{- end -}}
