//! `az aks nodepool add`.
