"""Aliyun SMS (Dysmsapi 2017-05-25): transport over the official SDK, its codes, its callbacks.

Owns: nothing stored. Words: BizId (Aliyun's number of one request), OutId (ours). Publishes and listens to
nothing.
Limits: mainland numbers only; `callbacks` and `codes` are pure Python, `transport` loads the SDK on its
first request.
"""
