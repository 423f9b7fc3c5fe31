{{- /* Read by mofang_hub.config.settings, field for field. No secret belongs here. */ -}}
{{- define "mofang.settings" -}}
platformNamespace: {{ .Release.Namespace }}
publicUrl: {{ .Values.publicUrl | quote }}
{{- end -}}
