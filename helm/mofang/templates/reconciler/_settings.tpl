{{- /* Read by mofang_projects.settings.NamespaceSettings, field for field. */ -}}
{{- define "mofang.reconcilerSettings" -}}
platformNamespace: {{ .Release.Namespace }}
gatewayNamespace: {{ .Values.gateway.namespace }}
gatewayLabels: {{- toYaml .Values.gateway.selector | nindent 2 }}
hubServiceAccount: {{ include "mofang.serviceAccount" (dict "root" . "component" "hub" "values" .Values.hub) }}
trainingServiceAccount: {{ include "mofang.serviceAccount" (dict "root" . "component" "training" "values" .Values.training) }}
operatorServiceAccount: {{ include "mofang.serviceAccount" (dict "root" . "component" "reconciler" "values" .Values.reconciler) }}
imagePullSecrets: {{- include "mofang.pullSecretNames" . | nindent 2 }}
storage:
  type: {{ .Values.storage.type }}
  quotas: {{- toYaml .Values.storage.quotas | nindent 4 }}
  snapshots: {{- toYaml .Values.storage.snapshots | nindent 4 }}
  usageSeconds: {{ .Values.storage.usageSeconds }}
  persistentVolume: {{- toYaml .Values.storage.persistentVolume | nindent 4 }}
  mountOptions: {{- toYaml .Values.storage.mountOptions | nindent 4 }}
  capacity: {{ .Values.storage.capacity | quote }}
storageRoot: /srv/mofang/storage
egress: {{- toYaml .Values.egress | nindent 2 }}
jobsPerProject: {{ .Values.jobs.limitPerProject }}
resyncSeconds: {{ .Values.reconciler.resyncSeconds }}
{{- end -}}

{{- /* Names in the release's namespace; ours of their copies follow from them. */ -}}
{{- define "mofang.pullSecretNames" -}}
{{- $names := list -}}
{{- range .Values.imagePullSecrets }}{{ $names = append $names .name }}{{ end -}}
{{- toYaml $names -}}
{{- end -}}
