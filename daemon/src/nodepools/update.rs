//! `az aks nodepool update`.
