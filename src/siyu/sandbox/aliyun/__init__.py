"""The stand-in for Aliyun SMS (Dysmsapi 2017-05-25): signatures, registry, rules, counters, reports.

Owns: its tables in the sandbox's file. Words: sign, template, BizId, OutId, report. Publishes and listens
to nothing.
Limits: mainland numbers; what no primary document states (marked K in the provider reference) is a setting.
"""
