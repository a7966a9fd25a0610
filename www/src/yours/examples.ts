/** Files to try, one for each controller, as people write them, and recorded counts. The page offers those that the engine reads. */

import release from '../../../examples/counts/release.csv';
import week from '../../../examples/counts/week.csv';
import type { ImportSource } from '../engine/engine.ts';

export type Example = { name: string; article: string; files: ImportSource[] };

const ROLLOUT = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: checkout
spec:
  replicas: 5
  selector:
    matchLabels:
      app: checkout
  template:
    metadata:
      labels:
        app: checkout
    spec:
      containers:
        - name: checkout
          image: registry.example.com/checkout:2.4.1
          readinessProbe:
            initialDelaySeconds: 10
            httpGet: {path: /healthz, port: 8080}
  strategy:
    canary:
      stableService: checkout-stable
      canaryService: checkout-canary
      trafficRouting:
        nginx:
          stableIngress: checkout
      analysis:
        templates:
          - templateName: success-rate
        args:
          - name: service
            value: checkout-canary
      steps:
        - setWeight: 20
        - pause: {duration: 5m}
        - setWeight: 40
        - pause: {duration: 5m}
        - setWeight: 60
        - pause: {duration: 5m}
`;

const ANALYSIS = `apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: success-rate
spec:
  args:
    - name: service
  metrics:
    - name: success-rate
      interval: 30s
      failureLimit: 0
      successCondition: result[0] >= 0.99
      provider:
        prometheus:
          address: http://prometheus.monitoring:9090
          query: |
            sum(rate(http_requests_total{service="{{args.service}}", code!~"5.."}[1m]))
            / sum(rate(http_requests_total{service="{{args.service}}"}[1m]))
`;

const CANARY = `apiVersion: flagger.app/v1beta1
kind: Canary
metadata:
  name: podinfo
  namespace: prod
spec:
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: podinfo
  service:
    port: 9898
  analysis:
    interval: 1m
    threshold: 5
    maxWeight: 50
    stepWeight: 10
    metrics:
      - name: request-success-rate
        thresholdRange:
          min: 99
        interval: 1m
      - name: request-duration
        thresholdRange:
          max: 500
        interval: 1m
`;

const SAM = `AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Checkout:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: build/
      Handler: checkout.handler
      Runtime: nodejs22.x
      AutoPublishAlias: live
      DeploymentPreference:
        Type: Canary10Percent5Minutes
        Alarms:
          - !Ref CheckoutErrors
  CheckoutErrors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 2
      ComparisonOperator: GreaterThanThreshold
      Threshold: 5
      TreatMissingData: notBreaching
      Dimensions:
        - Name: FunctionName
          Value: !Ref Checkout
        - Name: Resource
          Value: !Sub "\${Checkout}:live"
        - Name: ExecutedVersion
          Value: !GetAtt Checkout.Version.Version
`;

const KAYENTA = `{
  "name": "checkout",
  "applications": ["checkout"],
  "judge": { "name": "NetflixACAJudge-v1.0", "judgeConfigurations": {} },
  "metrics": [
    {
      "name": "error rate",
      "query": { "type": "prometheus", "metricName": "http_requests_errors_ratio" },
      "groups": ["Errors"],
      "analysisConfigurations": { "canary": { "direction": "increase", "critical": false } },
      "scopeName": "default"
    },
    {
      "name": "latency p99",
      "query": { "type": "prometheus", "metricName": "http_request_duration_seconds_p99" },
      "groups": ["Latency"],
      "analysisConfigurations": { "canary": { "direction": "increase" } },
      "scopeName": "default"
    }
  ],
  "classifier": { "groupWeights": { "Errors": 60, "Latency": 40 }, "scoreThresholds": { "marginal": 50, "pass": 75 } }
}
`;

const RAMP = `{
  "name": "new-checkout",
  "steps": [
    { "interval": 3600, "monitored": true, "actions": [{ "patch": { "coverage": 0.1 } }] },
    { "interval": 3600, "monitored": true, "actions": [{ "patch": { "coverage": 0.25 } }] },
    { "interval": 7200, "monitored": true, "actions": [{ "patch": { "coverage": 0.5 } }] }
  ],
  "monitoringConfig": {
    "guardrailMetricIds": ["checkout_error_rate"],
    "updateScheduleMinutes": 60,
    "srmAction": "rollback"
  }
}
`;

/** In the order of their buttons. */
export const EXAMPLES: Example[] = [
  {
    name: 'Argo Rollout',
    article: 'an',
    files: [
      { name: 'rollout.yaml', text: ROLLOUT },
      { name: 'analysis.yaml', text: ANALYSIS },
    ],
  },
  { name: 'Flagger Canary', article: 'a', files: [{ name: 'canary.yaml', text: CANARY }] },
  { name: 'SAM template', article: 'a', files: [{ name: 'template.yaml', text: SAM }] },
  { name: 'Kayenta configuration', article: 'a', files: [{ name: 'canary-config.json', text: KAYENTA }] },
  { name: 'GrowthBook ramp', article: 'a', files: [{ name: 'ramp.json', text: RAMP }] },
];

/** Recorded counts, simulated by `scripts/example-counts.mjs`. */
export const COUNTS_EXAMPLES: { title: string; files: ImportSource[] }[] = [
  { title: 'Try a week of counts', files: [{ name: 'week.csv', text: week }] },
  { title: 'Try a recorded release', files: [{ name: 'release.csv', text: release }] },
];
