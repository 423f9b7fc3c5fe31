{{- /*
The DaemonSets that pull images before anybody waits for them, as those of z2jh: an init
container per image, which ends at once, and one that pauses.

  mofang.pulledImages      the images, each once, as a YAML list
  mofang.imagePuller       a DaemonSet; needs (dict "root" $ "hook" true)
  mofang.pullHook          "yes" where an upgrade is to wait for the images
  mofang.imagesAnnotation  name of the annotation of the settings' ConfigMap that tells
                           the next upgrade which images were pulled for this one
*/ -}}

{{- define "mofang.imagesAnnotation" -}}mofang.dev/pulled-images{{- end -}}

{{- define "mofang.pulledImages" -}}
{{- $images := list -}}
{{- if .Values.prePuller.pullEnvironmentImages -}}
{{- $specs := dict -}}
{{- include "mofang.environmentSpecs" (dict "root" . "into" $specs) -}}
{{- range $_, $spec := $specs -}}
{{- $images = append $images $spec.image -}}
{{- end -}}
{{- end -}}
{{- range concat .Values.singleuser.initContainers .Values.singleuser.extraContainers -}}
{{- $images = append $images .image -}}
{{- end -}}
{{- range $_, $image := .Values.prePuller.extraImages -}}
{{- $images = append $images (printf "%s:%s" $image.name $image.tag) -}}
{{- end -}}
{{- $images | uniq | sortAlpha | toYaml -}}
{{- end -}}

{{- define "mofang.pullHook" -}}
{{- if .Values.prePuller.hook.enabled -}}
{{- $name := include "mofang.own" (dict "root" . "name" "settings") -}}
{{- $found := lookup "v1" "ConfigMap" .Release.Namespace $name -}}
{{- $before := dig "metadata" "annotations" (include "mofang.imagesAnnotation" .) "" $found -}}
{{- $now := include "mofang.pulledImages" . | sha256sum -}}
{{- if or (not .Values.prePuller.hook.pullOnlyOnChanges) (ne $before $now) -}}
yes
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "mofang.imagePuller" -}}
{{- $root := .root -}}
{{- $values := $root.Values.prePuller -}}
{{- $component := ternary "hook-image-puller" "continuous-image-puller" .hook -}}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ include "mofang.name" (dict "root" $root "name" $component) }}
  labels: {{- include "mofang.labels" (dict "root" $root "component" $component) | nindent 4 }}
  {{- if .hook }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    helm.sh/hook-weight: "-10"
    {{- with $values.hook.daemonsetAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- else }}
  {{- with $values.continuous.daemonsetAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
spec:
  {{- if not (kindIs "invalid" $values.revisionHistoryLimit) }}
  revisionHistoryLimit: {{ $values.revisionHistoryLimit }}
  {{- end }}
  selector:
    matchLabels: {{- include "mofang.selector" (dict "root" $root "component" $component) | nindent 6 }}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 100%}
  template:
    metadata:
      labels: {{- include "mofang.podLabels" (dict "root" $root "component" $component "values" $values) | nindent 8 }}
      {{- with $values.annotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 0
      securityContext: {{- include "mofang.podSecurity" $root | nindent 8 }}
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $root.Values.singleuser.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      tolerations:
        # As servers and jobs with GPUs, and those of a pool's project.
        - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}
        - {key: mofang.dev/pool, operator: Exists, effect: NoSchedule}
        {{- with concat $root.Values.singleuser.extraTolerations $values.extraTolerations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- $images := include "mofang.pulledImages" $root | fromYamlArray }}
      {{- if $images }}
      initContainers:
        {{- range $number, $image := $images }}
        - name: image-pull-{{ $number }}
          image: {{ $image }}
          imagePullPolicy: IfNotPresent
          command: [/bin/sh, -c, "exit 0"]
          securityContext: {{- include "mofang.security" $root | nindent 12 }}
          {{- with $values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
        {{- end }}
      {{- end }}
      containers:
        - name: pause
          image: {{ $values.pause.image.name }}:{{ $values.pause.image.tag }}
          imagePullPolicy: IfNotPresent
          securityContext: {{- include "mofang.security" $root | nindent 12 }}
          {{- with $values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
{{- end -}}
