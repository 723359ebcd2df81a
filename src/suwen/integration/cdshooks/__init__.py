"""CDS Hooks 2.0: what we offer, who may call, what a call and a feedback hold, how we answer.

Source: CDS Hooks 2.0 (HL7), and the hook library's patient-view 1.0, order-select 1.0,
order-sign 1.0, encounter-start 1.0 and encounter-discharge 1.0.
"""
