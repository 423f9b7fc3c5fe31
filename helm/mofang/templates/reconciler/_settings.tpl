{{- /* Read by mofang_projects.models.NamespaceSettings, field for field. */ -}}
{{- define "mofang.reconcilerSettings" -}}
platformNamespace: {{ .Release.Namespace }}
gatewayNamespace: {{ .Values.gateway.namespace }}
gatewayLabels: {{- toYaml .Values.gateway.selector | nindent 2 }}
hubServiceAccount: hub
trainingServiceAccount: training
storage:
  persistentVolume: {{- toYaml .Values.storage.persistentVolume | nindent 4 }}
  mountOptions: {{- toYaml .Values.storage.mountOptions | nindent 4 }}
  capacity: {{ .Values.storage.capacity | quote }}
storageRoot: /srv/mofang/storage
egress: {{- toYaml .Values.egress | nindent 2 }}
resyncSeconds: {{ .Values.reconciler.resyncSeconds }}
{{- end -}}
