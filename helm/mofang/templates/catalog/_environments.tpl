{{- /*
Sets in `into` the spec of each environment, by name: the files of images/catalog with
the values' `environments` merged over them. `versions` that nobody gave are those of the
image in catalog/versions. The image, one of `images` or of the
catalogue's by name or a full reference, is made a full one. Needs (dict "root" $ "into" $specs).
*/ -}}
{{- define "mofang.environmentSpecs" -}}
{{- $root := .root -}}
{{- $specs := .into -}}
{{- $named := dict -}}
{{- $versions := $root.Files.Get "catalog/versions/images.yaml" | fromYaml -}}
{{- range $path, $_ := $root.Files.Glob "catalog/*.yaml" -}}
{{- $file := $root.Files.Get $path | fromYaml -}}
{{- if $file.Error -}}
{{- fail (printf "%s is not YAML: %s" $path $file.Error) -}}
{{- end -}}
{{- $_ := set $specs $file.metadata.name $file.spec -}}
{{- $_ := set $named $file.spec.image true -}}
{{- end -}}
{{- range $name, $change := $root.Values.environments -}}
{{- if kindIs "invalid" $change -}}
{{- $_ := unset $specs $name -}}
{{- else -}}
{{- $_ := set $specs $name (mergeOverwrite (deepCopy (index $specs $name | default dict)) $change) -}}
{{- end -}}
{{- end -}}
{{- range $name, $spec := $specs -}}
{{- $image := $spec.image | default "" -}}
{{- if and (hasKey $versions $image) (not $spec.versions) -}}
{{- $spec = mergeOverwrite (deepCopy $spec) (dict "versions" (index $versions $image)) -}}
{{- end -}}
{{- if or (hasKey $root.Values.images $image) (hasKey $named $image) -}}
{{- $image = include "mofang.image" (dict "root" $root "name" $image) -}}
{{- end -}}
{{- $_ := set $specs $name (mergeOverwrite (deepCopy $spec) (dict "image" $image)) -}}
{{- end -}}
{{- end -}}
