// Where Prometheus Operator comes from: its Go module has the programs, and all that people apply.
export const prometheusOperator = {
  module: 'github.com/prometheus-operator/prometheus-operator',
  version: '0.85.0',
} as const
